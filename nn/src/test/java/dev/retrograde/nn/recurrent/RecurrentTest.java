package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.Summary;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecurrentTest {
  private static final int BATCH = 3;
  private static final int TIME = 5;
  private static final int IN = 4;
  private static final int HIDDEN = 3;

  private static Recurrent layer(String cell) {
    return switch (cell) {
      case "rnn" -> Sequences.rnn(HIDDEN);
      case "relu" -> Sequences.reluRnn(HIDDEN);
      case "lstm" -> Sequences.lstm(HIDDEN);
      case "gru" -> Sequences.gru(HIDDEN);
      default -> throw new IllegalArgumentException(cell);
    };
  }

  private static Traced.Body plain(Layer layer) {
    return (t, in) -> List.of(layer.apply(t, in.get("x")));
  }

  private static Map<String, HostTensor> numbers() {
    return Map.of("x", Traced.random(1, BATCH, TIME, IN));
  }

  private static Reference.Weights weights(Traced traced, String cell, String prefix, int in) {
    boolean second = traced.state.containsKey(prefix + "recurrent_bias");
    return new Reference.Weights(
        cell,
        in,
        HIDDEN,
        traced.parameter(prefix + "input"),
        traced.parameter(prefix + "recurrent"),
        traced.parameter(prefix + "bias"),
        second ? traced.parameter(prefix + "recurrent_bias") : new double[0]);
  }

  private static double[][] sequence(HostTensor x, int batch, int length) {
    double[][] rows = new double[length][x.dim(2)];
    for (int k = 0; k < length; k++) {
      for (int f = 0; f < rows[k].length; f++) {
        rows[k][f] = x.get((batch * x.dim(1) + k) * x.dim(2) + f);
      }
    }
    return rows;
  }

  /// Compares columns `from` on of a sequence, and zeros past its length.
  private static void compare(HostTensor y, int batch, int from, double[][] expected) {
    for (int k = 0; k < y.dim(1); k++) {
      for (int j = 0; j < HIDDEN; j++) {
        double wanted = k < expected.length ? expected[k][j] : 0;
        assertThat(y.get((batch * y.dim(1) + k) * y.dim(2) + from + j))
            .isCloseTo(wanted, within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rnn", "relu", "lstm", "gru"})
  void aLayerIsItsFormulaAtEveryStep(String cell) {
    Traced traced = Traced.of(numbers(), plain(layer(cell)));
    HostTensor y = traced.result(0);
    for (int b = 0; b < BATCH; b++) {
      double[][] rows = sequence(traced.inputs.get("x"), b, TIME);
      compare(y, b, 0, Reference.walk(weights(traced, cell, "layer0.", IN), rows, false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rnn", "lstm", "gru"})
  void raggedSequencesWalkBothWaysFromTheirOwnEnds(String cell) {
    Recurrent layer = layer(cell).bothWays();
    int[] lengths = {5, 0, 3};
    Map<String, HostTensor> in = new LinkedHashMap<>(numbers());
    in.put("lengths", Traced.ints(5, 0, 3));
    Traced traced =
        Traced.of(
            in,
            (t, named) -> {
              Recurrent.Walked w = layer.run(t, named.get("x"), named.get("lengths"), List.of());
              return List.of(w.outputs(), w.last().get(0), w.last().get(layer.cell().states()));
            });
    HostTensor y = traced.result(0);
    for (int b = 0; b < BATCH; b++) {
      double[][] rows = sequence(traced.inputs.get("x"), b, lengths[b]);
      double[][] forward =
          Reference.walk(weights(traced, cell, "layer0.forward.", IN), rows, false);
      double[][] backward =
          Reference.walk(weights(traced, cell, "layer0.backward.", IN), rows, true);
      compare(y, b, 0, forward);
      compare(y, b, HIDDEN, backward);
      for (int j = 0; j < HIDDEN; j++) {
        double ended = lengths[b] == 0 ? 0 : forward[lengths[b] - 1][j];
        double begun = lengths[b] == 0 ? 0 : backward[0][j];
        assertThat(traced.result(1).get(b * HIDDEN + j)).isCloseTo(ended, within(1e-12));
        assertThat(traced.result(2).get(b * HIDDEN + j)).isCloseTo(begun, within(1e-12));
      }
    }
  }

  @Test
  void aLayerAboveTakesWhatTheOneBelowGives() {
    Traced traced = Traced.of(numbers(), plain(layer("gru").layers(2)));
    for (int b = 0; b < BATCH; b++) {
      double[][] rows = sequence(traced.inputs.get("x"), b, TIME);
      double[][] below = Reference.walk(weights(traced, "gru", "layer0.", IN), rows, false);
      compare(
          traced.result(0),
          b,
          0,
          Reference.walk(weights(traced, "gru", "layer1.", HIDDEN), below, false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rnn", "lstm", "gru"})
  void codesAreOneHotRows(String cell) {
    HostTensor codes = Traced.codes(IN, 3, BATCH, TIME);
    Traced coded = Traced.of(Map.of("x", codes), plain(layer(cell).codes(IN, DType.F64)));
    HostTensor hot =
        HostTensor.fill(
            Type.of(DType.F64, BATCH, TIME, IN), i -> codes.get(i / IN) == i % IN ? 1 : 0);
    Traced rows = Traced.of(Map.of("x", hot), plain(layer(cell)));
    assertThat(Traced.numbers(coded.result(0))).isEqualTo(Traced.numbers(rows.result(0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rnn", "lstm", "gru"})
  void separateGatesAndUnrolledStepsGiveTheSameBits(String cell) {
    Recurrent layer = layer(cell).layers(2).bothWays();
    Map<String, HostTensor> in = new LinkedHashMap<>(numbers());
    in.put("lengths", Traced.ints(4, 5, 1));
    double[] merged = Traced.numbers(Traced.of(in, ragged(layer)).result(0));
    assertThat(Traced.numbers(Traced.of(in, ragged(layer.separateGates())).result(0)))
        .isEqualTo(merged);
    assertThat(Traced.numbers(Traced.of(in, ragged(layer.unroll())).result(0))).isEqualTo(merged);
  }

  private static Traced.Body ragged(Recurrent layer) {
    return (t, in) -> {
      Recurrent.Walked w = layer.run(t, in.get("x"), in.get("lengths"), List.of());
      return Stream.concat(Stream.of(w.outputs()), w.last().stream()).toList();
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"rnn", "lstm", "gru"})
  void aWalkInTwoPiecesIsOneWalk(String cell) {
    Recurrent layer = layer(cell).layers(2);
    Traced whole = Traced.of(numbers(), plain(layer));
    Traced pieces =
        Traced.of(
            numbers(),
            (t, in) -> {
              Tensor x = in.get("x");
              Tensor front = t.slice(x, List.of(0, 0, 0), List.of(BATCH, 2, IN));
              Tensor end = t.slice(x, List.of(0, 2, 0), List.of(BATCH, TIME - 2, IN));
              Recurrent.Walked first = layer.run(t, front, null, List.of());
              Recurrent.Walked second = layer.run(t, end, null, first.last());
              return List.of(t.concat(1, first.outputs(), second.outputs()));
            });
    assertThat(Traced.numbers(pieces.result(0))).isEqualTo(Traced.numbers(whole.result(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "rnn, true, true",
    "lstm, true, true",
    "gru, true, true",
    "lstm, false, true",
    "rnn, true, false",
    "lstm, true, false",
    "gru, true, false",
    "gru, false, false",
  })
  void gradientsEqualCentralDifferences(String cell, boolean merged, boolean unrolled) {
    Recurrent both = layer(cell).layers(2).bothWays();
    Recurrent way = unrolled ? both.unroll() : both;
    Map<String, HostTensor> in = new LinkedHashMap<>(numbers());
    in.put("lengths", Traced.ints(4, 5, 1));
    Traced traced = Traced.differentiated(in, ragged(merged ? way : way.separateGates()));
    assertThat(traced.run()).containsKeys("d x", "d layer1.backward.recurrent");
    assertThat(traced.gradientError()).isLessThan(1e-7);
  }

  @Test
  void gradientsReachTheRowsOfCodesThroughAScan() {
    Map<String, HostTensor> in = Map.of("x", Traced.codes(IN, 3, BATCH, TIME));
    Traced traced = Traced.differentiated(in, plain(layer("lstm").codes(IN, DType.F64)));
    assertThat(traced.run()).containsKeys("d layer0.input");
    assertThat(traced.gradientError()).isLessThan(1e-7);
  }

  @Test
  void parametersAreCountedAndNamed() {
    Type type = Type.of(DType.F32, BATCH, TIME, IN);
    assertThat(Summary.of(layer("gru").layers(2).bothWays(), type).entries())
        .extracting(e -> e.name() + " " + e.type())
        .contains(
            "layer0.forward.input f32[4,9]",
            "layer0.backward.recurrent f32[3,9]",
            "layer0.backward.recurrent_bias f32[3]",
            "layer1.forward.input f32[6,9]",
            "layer1.backward.bias f32[9]")
        .hasSize(16);
  }

  @Test
  void inputsThatDoNotFitAreNamed() {
    HostTensor x = Traced.random(1, 3, 4);
    assertThatThrownBy(() -> Traced.of(Map.of("x", x), plain(layer("lstm"))))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("lstm '' (RecurrentTest.java:")
        .hasMessageContaining("expected numbers [batch, time, features], found f64[3,4]")
        .hasMessageContaining("codes(symbols)");
    assertThatThrownBy(() -> Traced.of(numbers(), plain(layer("gru").codes(7))))
        .hasMessageContaining("expected codes i32 [batch, time], found f64[3,5,4]");
    Map<String, HostTensor> in = new LinkedHashMap<>(numbers());
    in.put("lengths", Traced.ints(1, 2));
    assertThatThrownBy(() -> Traced.of(in, ragged(layer("gru"))))
        .hasMessageContaining("lengths '': expected i32 [3], found i32[2]");
    Traced.Body half =
        (t, named) ->
            List.of(layer("lstm").run(t, named.get("x"), null, List.of(named.get("x"))).outputs());
    assertThatThrownBy(() -> Traced.of(numbers(), half))
        .hasMessageContaining("expected 2 parts of an initial state, found 1");
    assertThatThrownBy(() -> Sequences.rnn(0)).hasMessageContaining("at least 1 hidden number");
  }

  @Test
  void aRecurrentLayerStandsInASequence() {
    Layer net = Layers.sequential(Sequences.lstm(4).codes(6), Layers.dense(6));
    assertThat(Summary.of(net, Type.of(DType.I32, 2, 3)).entries())
        .extracting(e -> e.name())
        .containsExactly(
            "lstm0.layer0.input",
            "lstm0.layer0.recurrent",
            "lstm0.layer0.bias",
            "dense0.weight",
            "dense0.bias");
  }
}
