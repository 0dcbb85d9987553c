package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Forward;
import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The coupling, its inverse, and the grid on which they are exact: revnet.md, 1.1 and 1.7.
class CoupleTest {
  private static final int Q = 16;
  private static final int COUPLINGS = 100;

  private static HostTensor x(DType d, double... v) {
    return HostTensor.of(Type.of(d, v.length), v);
  }

  private static HostTensor eval(Op op, HostTensor... in) {
    List<HostTensor> operands = List.of(in);
    return op.eval(operands, op.infer(operands.stream().map(HostTensor::type).toList())).get(0);
  }

  private static HostTensor inverse(MapOp.Couple c, HostTensor y, HostTensor f) {
    Emit e = new Emit();
    Value vy = e.parameter(y.type());
    Value vf = e.parameter(f.type());
    Value back = c.inverse(e, vy, vf);
    Program p =
        new Program(
            "inverse",
            List.of(),
            List.of(new Program.Named("y", vy), new Program.Named("f", vf)),
            e.nodes(),
            List.of(new Program.Named("x", back)),
            List.of(),
            Map.of());
    return Interpreter.run(Verifier.verify(p), Map.of("y", y, "f", f), Map.of()).outputs().get("x");
  }

  /// How many of the elements lose bits over a hundred couplings and their inverses.
  private static int lost(DType d, int grid, long seed) {
    Random r = new Random(seed);
    Type t = Type.of(d, 207);
    HostTensor start = HostTensor.fill(t, i -> i < 5 ? -0.0 : r.nextGaussian());
    HostTensor first = grid == MapOp.Couple.PLAIN ? start : eval(new MapOp.Snap(grid), start);
    MapOp.Couple couple = new MapOp.Couple(grid);
    List<HostTensor> branches = new ArrayList<>();
    HostTensor y = first;
    for (int k = 0; k < COUPLINGS; k++) {
      // Zeros of both signs, halves of the grid, numbers that round to negative zero.
      HostTensor f =
          HostTensor.fill(
              t,
              i ->
                  switch (r.nextInt(6)) {
                    case 0 -> -0.0;
                    case 1 -> Math.scalb(2 * r.nextInt(9) - 9, -Q - 1);
                    case 2 -> -1e-9;
                    default -> r.nextGaussian();
                  });
      branches.add(f);
      y = eval(couple, y, f);
    }
    for (HostTensor f : branches.reversed()) {
      y = inverse(couple, y, f);
    }
    int differ = 0;
    for (int i = 0; i < y.size(); i++) {
      differ += y.bits(i) == first.bits(i) ? 0 : 1;
    }
    return differ;
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void aHundredCouplingsOnTheGridComeBackWithoutLosingABit(DType d) {
    long seed = Repeat.seed();
    Repeat.with(
        CoupleTest.class,
        seed,
        () -> {
          assertThat(lost(d, Q, seed)).isZero();
          assertThat(lost(d, MapOp.Couple.PLAIN, seed))
              .as("the plain form loses bits")
              .isPositive();
        });
  }

  @Test
  void roundsTheBranchToTheGridWithTiesToEven() {
    double u = 0x1p-16;
    HostTensor f = x(DType.F32, 0.5 * u, 1.5 * u, -0.5 * u, 0.75 * u, 3, -2.5 * u);
    HostTensor y = eval(new MapOp.Couple(Q), x(DType.F32, 1, 1, 1, 1, 1, 1), f);
    assertThat(y.toDoubles()).containsExactly(1, 1 + 2 * u, 1, 1 + u, 4, 1 - 2 * u);
    assertThat(
            eval(new MapOp.Couple(MapOp.Couple.PLAIN), x(DType.F32, 1), x(DType.F32, 0.1f)).get(0))
        .isEqualTo(1 + 0.1f);
  }

  @Test
  void leavingTheRangeGivesNaN() {
    double inf = Double.POSITIVE_INFINITY;
    HostTensor a = x(DType.F32, 200, 200, -200, 0, 0, 255);
    HostTensor f = x(DType.F32, 55.5, 56, -56, inf, Double.NaN, 1e38);
    assertThat(eval(new MapOp.Couple(Q), a, f).toDoubles())
        .containsExactly(255.5, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    assertThat(eval(new MapOp.Snap(Q), x(DType.F32, 255.9999847, -256, inf)).toDoubles())
        .containsExactly(256 - 0x1p-16, Double.NaN, Double.NaN);
    double wide = 0x1p37;
    assertThat(eval(new MapOp.Couple(Q), x(DType.F64, wide - 1, wide - 1), x(DType.F64, 0.5, 1)))
        .extracting(h -> h.toDoubles())
        .isEqualTo(new double[] {wide - 0.5, Double.NaN});
  }

  @Test
  void theGridHasNoNegativeZero() {
    HostTensor y = eval(new MapOp.Snap(Q), x(DType.F32, -0.0, -1e-9, 1e-9));
    for (int i = 0; i < y.size(); i++) {
      assertThat(y.bits(i)).isZero();
    }
  }

  /// Tangents and cotangents go through unchanged although the functions are flat almost
  /// everywhere.
  @Test
  void gradientsPassStraightThrough() {
    Emit e = new Emit();
    Type t = Type.of(DType.F64, 2);
    Value a = e.parameter(t);
    Value f = e.parameter(t);
    Value snapped = e.add(new MapOp.Snap(Q), a);
    Value y = e.add(new MapOp.Couple(Q), snapped, f);
    List<Node> forward = List.copyOf(e.nodes());
    Value dy = e.parameter(t);
    Value ta = e.parameter(t);
    Value tf = e.parameter(t);
    Map<Value, Value> back = Reverse.pullback(e, forward, Map.of(y, dy), List.of(a, f));
    assertThat(back).containsEntry(a, dy).containsEntry(f, dy);
    Value both = Forward.pushforward(e, forward, new HashMap<>(Map.of(a, ta, f, tf))).get(y);
    assertThat(Forward.pushforward(e, forward, new HashMap<>(Map.of(f, tf))).get(y)).isEqualTo(tf);
    List<Program.Named> inputs = new ArrayList<>();
    Map<String, HostTensor> given = new HashMap<>();
    int k = 0;
    for (Value v : List.of(a, f, dy, ta, tf)) {
      given.put("i" + k, x(DType.F64, k + 0.3, k * 0.7));
      inputs.add(new Program.Named("i" + k++, v));
    }
    Program p =
        new Program(
            "straight",
            List.of(),
            inputs,
            e.nodes(),
            List.of(new Program.Named("both", both)),
            List.of(),
            Map.of());
    String text = Printer.print(p);
    assertThat(text).contains("Couple{grid=16}").contains("Snap{grid=16}");
    assertThat(Printer.print(Parser.parse(text))).isEqualTo(text);
    assertThat(
            Interpreter.run(Verifier.verify(p), given, Map.of()).outputs().get("both").toDoubles())
        .containsExactly(3.3 + 4.3, 3 * 0.7 + 4 * 0.7);
  }

  @Test
  void refusesWhatHasNoGrid() {
    Emit e = new Emit();
    Value a = e.parameter(Type.of(DType.F32, 4));
    Value b = e.parameter(Type.of(DType.F32, 5));
    Value half = e.parameter(Type.of(DType.BF16, 4));
    Value whole = e.parameter(Type.of(DType.I32, 4));
    MapOp.Couple plain = new MapOp.Couple(MapOp.Couple.PLAIN);
    assertThatThrownBy(() -> e.add(plain, a, b))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("expected [x, f] of one type")
        .hasMessageContaining("keep the shape");
    assertThatThrownBy(() -> e.add(plain, whole, whole)).hasMessageContaining("found i32");
    assertThat(e.add(plain, half, half).type()).isEqualTo(half.type());
    assertThatThrownBy(() -> e.add(new MapOp.Snap(Q), half)).hasMessageContaining("cast to f32");
    assertThatThrownBy(() -> e.add(new MapOp.Couple(24), a, a))
        .hasMessageContaining("24 bits")
        .hasMessageContaining("at most 23");
    assertThatThrownBy(() -> new MapOp.Couple(-2)).hasMessageContaining("found -2");
  }
}
