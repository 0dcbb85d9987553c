package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Walks as compiled programs beside the interpreter.
class WalksOnKernelsTest {

  private static void compare(Traced traced) {
    Map<String, HostTensor> expected = traced.run();
    try (StateStore state = StateStore.of(1, traced.program);
        Executable e = new JvmTarget().compile(traced.program, state, Target.Options.DEFAULT)) {
      traced.state.forEach(state::set);
      traced.inputs.forEach((name, x) -> Segments.write(e.input(name), x));
      e.run();
      for (Program.Named output : traced.program.outputs()) {
        HostTensor found = Segments.read(e.output(output.name()), output.value().type());
        double[] wanted = Traced.numbers(expected.get(output.name()));
        // Sums of a dozen f32 terms below 4.
        assertThat(Traced.numbers(found)).as(output.name()).containsExactly(wanted, within(1e-5));
      }
    }
  }

  private static Map<String, HostTensor> single(int... dims) {
    Map<String, HostTensor> in = new LinkedHashMap<>();
    HostTensor x = Traced.random(6, dims);
    in.put("x", HostTensor.fill(Type.of(DType.F32, dims), x::get));
    return in;
  }

  @ParameterizedTest
  @CsvSource({"rnn, true", "lstm, true", "gru, true", "lstm, false", "gru, false"})
  void raggedWalksBothWays(String cell, boolean merged) {
    Recurrent plain =
        switch (cell) {
          case "rnn" -> Sequences.rnn(7);
          case "lstm" -> Sequences.lstm(7);
          default -> Sequences.gru(7);
        };
    Recurrent both = plain.layers(2).bothWays();
    Recurrent layer = merged ? both : both.separateGates();
    Map<String, HostTensor> in = single(3, 6, 5);
    in.put("lengths", Traced.ints(4, 6, 0));
    compare(
        Traced.of(
            in,
            (t, named) ->
                List.of(layer.run(t, named.get("x"), named.get("lengths"), List.of()).outputs())));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void trainingStepsWithCodes(boolean unrolled) {
    Map<String, HostTensor> in = new LinkedHashMap<>();
    in.put("x", Traced.codes(9, 2, 4, 6));
    Recurrent scanned = Sequences.lstm(5).codes(9);
    Recurrent layer = unrolled ? scanned.unroll() : scanned;
    compare(Traced.differentiated(in, (t, named) -> List.of(layer.apply(t, named.get("x")))));
  }

  @Test
  void temporalClassification() {
    Map<String, HostTensor> in = single(2, 5, 4);
    in.put("frames", Traced.ints(5, 3));
    in.put("labels", HostTensor.of(Type.of(DType.I32, 2, 2), 3, 3, 1, 0));
    in.put("lengths", Traced.ints(2, 1));
    for (boolean unrolled : new boolean[] {false, true}) {
      Traced.Body body =
          (t, named) ->
              List.of(
                  new CtcLoss(unrolled)
                      .perSample(
                          t,
                          named.get("x"),
                          named.get("frames"),
                          named.get("labels"),
                          named.get("lengths")));
      compare(Traced.differentiated(in, body));
    }
  }
}
