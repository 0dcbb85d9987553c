package dev.retrograde.bench.control;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.Type;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TapeTest {
  private static final int IN = 3;
  private static final int OUT = 2;
  private static final double RATE = 0.1;
  private static final double STEP = 1e-5;

  private final Target target = Targets.find().choose("auto").target();
  private final Type row = Type.of(DType.F64, 1, IN);
  private final Random random = new Random(5);
  private Arena arena;
  private Tape tape;
  private TapeOp linear;
  private TapeOp tanh;
  private TapeOp mul;
  private TapeOp sum;
  private MemorySegment x;

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void open() {
    Map<String, Type> parameters = new LinkedHashMap<>();
    parameters.put("w", Type.of(DType.F64, IN, OUT));
    parameters.put("b", Type.of(DType.F64, OUT));
    tape = new Tape(target, parameters, RATE);
    linear =
        tape.op(
            "linear",
            List.of("w", "b"),
            (t, in, p) -> t.add(t.matmul(in.get(0), p.get(0)), p.get(1)));
    tanh = tape.op("tanh", List.of(), (t, in, _) -> t.apply(Functions.TANH, in.get(0)));
    mul = tape.op("mul", List.of(), (t, in, _) -> t.mul(in.get(0), in.get(1)));
    sum = tape.op("sum", List.of(), (t, in, _) -> t.sum(in.get(0)));
    arena = Arena.ofConfined();
    x = arena.allocate(row.bytes(), 64);
    draw(x);
    draw(tape.entry("w"));
    draw(tape.entry("b"));
  }

  private void draw(MemorySegment place) {
    for (long i = 0; i < place.byteSize() / Double.BYTES; i++) {
      place.setAtIndex(JAVA_DOUBLE, i, random.nextDouble() - 0.5);
    }
  }

  @AfterEach
  void close() {
    tape.close();
    arena.close();
  }

  /// sum(tanh(u)² tanh(u)) with u = x w + b: a value that is used three times.
  private Tape.Var loss(Tape.Var input) {
    Tape.Var y = tape.apply(tanh, tape.apply(linear, input));
    return tape.apply(sum, tape.apply(mul, tape.apply(mul, y, y), y));
  }

  private double value() {
    double loss = loss(tape.constant(row, x)).value().get(JAVA_DOUBLE, 0);
    tape.endStep();
    return loss;
  }

  private void agrees(MemorySegment of, double... gradient) {
    for (int i = 0; i < gradient.length; i++) {
      double before = of.getAtIndex(JAVA_DOUBLE, i);
      of.setAtIndex(JAVA_DOUBLE, i, before + STEP);
      double above = value();
      of.setAtIndex(JAVA_DOUBLE, i, before - STEP);
      double slope = (above - value()) / (2 * STEP);
      of.setAtIndex(JAVA_DOUBLE, i, before);
      assertThat(gradient[i]).isCloseTo(slope, within(1e-6 * Math.max(1e-2, Math.abs(slope))));
    }
  }

  private double[] gradient(String parameter) {
    return tape.entry(TapeOp.gradientOf(parameter)).toArray(JAVA_DOUBLE);
  }

  @Test
  void gradientsEqualCentralDifferences() {
    Tape.Var input = tape.variable(row, x);
    tape.backward(loss(input));
    double[] ofInput = tape.cotangent(input).toArray(JAVA_DOUBLE);
    tape.endStep();
    double[] ofWeights = gradient("w");
    double[] ofBias = gradient("b");
    agrees(x, ofInput);
    agrees(tape.entry("w"), ofWeights);
    agrees(tape.entry("b"), ofBias);
  }

  @Test
  void gradientsOfSeveralUsesOfAParameterAddUp() {
    tape.backward(loss(tape.constant(row, x)));
    tape.endStep();
    double[] once = gradient("w");
    tape.backward(loss(tape.constant(row, x)));
    tape.endStep();
    double[] twice = gradient("w");
    for (int i = 0; i < once.length; i++) {
      assertThat(twice[i]).isCloseTo(2 * once[i], within(1e-12));
    }
  }

  @Test
  void updateIsAdagradAndForgetsTheGradient() {
    tape.backward(loss(tape.constant(row, x)));
    double[] before = tape.entry("w").toArray(JAVA_DOUBLE);
    double[] g = gradient("w");
    tape.update();
    tape.endStep();
    double[] after = tape.entry("w").toArray(JAVA_DOUBLE);
    for (int i = 0; i < before.length; i++) {
      double expected = before[i] - (float) RATE * g[i] / (Math.abs(g[i]) + 1e-10);
      assertThat(after[i]).isCloseTo(expected, within(1e-9));
    }
    assertThat(gradient("w")).containsOnly(0);
    assertThat(tape.entry(PeerAdagrad.sumOf("w")).toArray(JAVA_DOUBLE))
        .containsExactly(squares(g), within(1e-15));
  }

  private static double[] squares(double... g) {
    double[] all = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      all[i] = g[i] * g[i];
    }
    return all;
  }

  @Test
  void countsOperatorsAndEntries() {
    tape.backward(loss(tape.constant(row, x)));
    tape.update();
    // Five operators forwards and backwards; tanh's cotangent arrives in three parts, two of which
    // are added; two parameters are updated.
    assertThat(tape.endStep()).isEqualTo(new Tape.Counts(5 + 5 + 2 + 2, 5));
  }

  @Test
  void constantsLeaveNoEntries() {
    tape.apply(mul, tape.constant(row, x), tape.constant(row, x));
    assertThat(tape.endStep()).isEqualTo(new Tape.Counts(1, 0));
  }

  @Test
  void unknownParametersAreRefused() {
    assertThatThrownBy(() -> tape.op("bad", List.of("v"), (t, in, p) -> p.get(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Operator 'bad': no parameter 'v', there are [w, b]");
  }
}
