package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.ReduceOp.Reduce;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What ops mean, against closed forms and at the edges: NaN, infinity, wraparound, nothing.
class OpMeaningTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  static List<HostTensor> eval(Op op, HostTensor... in) {
    Emit e = new Emit();
    List<Value> v = java.util.Arrays.stream(in).map(t -> e.parameter(t.type())).toList();
    List<Type> types = e.addAll(op, v, List.of()).stream().map(Value::type).toList();
    return op.eval(List.of(in), types);
  }

  static double[] one(Op op, HostTensor... in) {
    return eval(op, in).get(0).toDoubles();
  }

  static HostTensor f(int[] dims, double... v) {
    return HostTensor.of(Type.of(DType.F32, dims), v);
  }

  private static HostTensor vector(DType d, double... v) {
    return HostTensor.of(Type.of(d, v.length), v);
  }

  private static Reduce all(Kind k) {
    return new Reduce(k, List.of(0));
  }

  @Test
  void maximaPropagateNaNWhereverItStands() {
    for (double[] x : new double[][] {{NAN, 1, 2}, {1, NAN, 2}, {1, 2, NAN}}) {
      assertThat(one(all(Kind.MAX), vector(DType.F32, x))).containsExactly(NAN);
      assertThat(one(all(Kind.MIN), vector(DType.F32, x))).containsExactly(NAN);
    }
  }

  @Test
  void argmaxTakesTheFirstOfEqualOnesAndPassesOverNaN() {
    assertThat(one(all(Kind.ARGMAX), vector(DType.F32, NAN, 3, 7, 7))).containsExactly(2);
    assertThat(one(all(Kind.ARGMAX), vector(DType.I64, -5, -2, -2))).containsExactly(1);
    assertThat(one(all(Kind.ARGMAX), vector(DType.F32, NAN, NAN))).containsExactly(0);
  }

  @Test
  void emptyReductionsGiveTheirIdentity() {
    assertThat(one(all(Kind.SUM), vector(DType.F32))).containsExactly(0);
    assertThat(one(all(Kind.MAX), vector(DType.F32))).containsExactly(-INF);
    assertThat(one(all(Kind.MIN), vector(DType.F32))).containsExactly(INF);
    assertThat(one(all(Kind.MAX), vector(DType.I16))).containsExactly(Short.MIN_VALUE);
    assertThat(eval(all(Kind.MIN), vector(DType.I64)).get(0).bits(0)).isEqualTo(Long.MAX_VALUE);
    assertThat(one(all(Kind.ANY), vector(DType.BOOL))).containsExactly(0);
    assertThat(one(all(Kind.ALL), vector(DType.BOOL))).containsExactly(1);
  }

  @Test
  void anyAndAllReduceBool() {
    assertThat(one(all(Kind.ANY), vector(DType.BOOL, 0, 1, 0))).containsExactly(1);
    assertThat(one(all(Kind.ALL), vector(DType.BOOL, 0, 1, 0))).containsExactly(0);
    assertThat(one(all(Kind.ALL), vector(DType.BOOL, 1, 1))).containsExactly(1);
  }

  @Test
  void integerSumsWrapAndKeepEveryBit() {
    assertThat(one(all(Kind.SUM), vector(DType.I32, Integer.MAX_VALUE, 1)))
        .containsExactly(Integer.MIN_VALUE);
    assertThat(one(all(Kind.SUM), vector(DType.U8, 200, 100))).containsExactly(44);
    HostTensor big = HostTensor.zeros(Type.of(DType.I64, 2));
    big.setBits(0, (1L << 60) + 1);
    big.setBits(1, 2);
    assertThat(eval(all(Kind.SUM), big).get(0).bits(0)).isEqualTo((1L << 60) + 3);
    assertThat(eval(all(Kind.MAX), big).get(0).bits(0)).isEqualTo((1L << 60) + 1);
    HostTensor running = eval(new ReduceOp.CumulativeSum(0, false, false), big).get(0);
    assertThat(running.bits(1)).isEqualTo((1L << 60) + 3);
    Contract inner = new Contract(List.of(), List.of(), List.of(0), List.of(0));
    assertThat(eval(inner, big, vector(DType.I64, 1, 1)).get(0).bits(0)).isEqualTo((1L << 60) + 3);
    assertThat(one(inner, vector(DType.I8, 100, 100), vector(DType.I8, 1, 1))).containsExactly(-56);
  }

  @Test
  void sumsOfProductsHaveTheTypeOfTheirAccumulator() {
    Contract inner = new Contract(List.of(), List.of(), List.of(0), List.of(0));
    HostTensor bytes = vector(DType.I8, 100, 100);
    HostTensor whole = eval(inner.in(DType.I32), bytes, bytes).get(0);
    assertThat(whole.dtype()).isEqualTo(DType.I32);
    assertThat(whole.bits(0)).isEqualTo(20_000);
    HostTensor half = vector(DType.BF16, 1, 0.00390625);
    assertThat(one(inner, half, vector(DType.BF16, 1, 1))).containsExactly(1);
    assertThat(one(inner.in(DType.F32), half, vector(DType.BF16, 1, 1)))
        .containsExactly(1.00390625);
    LinearOp.Conv conv = new LinearOp.Conv(Geometry.square(1, 1, 0), DType.I64);
    HostTensor image = vector(DType.I32, 1 << 30, 1 << 30).reshaped(List.of(1, 1, 1, 2));
    assertThat(eval(conv, image, image).get(0).bits(0)).isEqualTo(1L << 61);
  }

  @Test
  void runningSums() {
    HostTensor x = vector(DType.F32, 1, 2, 4);
    assertThat(one(new ReduceOp.CumulativeSum(0, false, false), x)).containsExactly(1, 3, 7);
    assertThat(one(new ReduceOp.CumulativeSum(0, true, false), x)).containsExactly(0, 1, 3);
    assertThat(one(new ReduceOp.CumulativeSum(0, false, true), x)).containsExactly(7, 6, 4);
    assertThat(one(new ReduceOp.CumulativeSum(0, true, true), x)).containsExactly(6, 4, 0);
    assertThat(one(new ReduceOp.CumulativeSum(0, true, false), vector(DType.F32, INF, 1)))
        .containsExactly(0, INF);
  }

  @Test
  void slicesAtRunTimeAreClamped() {
    MoveOp.Slice s = new MoveOp.Slice(List.of(0), List.of(2), List.of(2));
    HostTensor x = vector(DType.F32, 0, 1, 2, 3, 4);
    assertThat(one(s, x, vector(DType.I32, 1))).containsExactly(1, 3);
    assertThat(one(s, x, vector(DType.I32, 99))).containsExactly(2, 4);
    assertThat(one(s, x, vector(DType.I32, -5))).containsExactly(0, 2);
  }

  @Test
  void paddingAndJoining() {
    assertThat(one(new MoveOp.Pad(List.of(1), List.of(2), List.of(1), 5), vector(DType.I32, 1, 2)))
        .containsExactly(5, 1, 5, 2, 5, 5);
    assertThat(
            one(new MoveOp.Concat(1), f(new int[] {2, 1}, 1, 2), f(new int[] {2, 2}, 3, 4, 5, 6)))
        .containsExactly(1, 3, 4, 2, 5, 6);
  }

  @Test
  void iotaCountsAlongItsAxis() {
    Type t = Type.of(DType.I32, 2, 3);
    assertThat(one(new MoveOp.Iota(t, 1))).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(one(new MoveOp.Iota(t, 0))).containsExactly(0, 0, 0, 1, 1, 1);
  }

  @Test
  void scatterAddAddsRepeatedRowsAndGatherChecksItsIndices() {
    HostTensor twice = vector(DType.I32, 2, 2, 0);
    assertThat(one(new MoveOp.ScatterAdd(List.of(Extent.of(3))), vector(DType.F32, 1, 2, 4), twice))
        .containsExactly(4, 0, 3);
    assertThatThrownBy(() -> one(new MoveOp.Gather(), vector(DType.F32, 1), vector(DType.I32, 1)))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("index 1 at position 0 is not one of 1 rows");
  }

  @Test
  void windowMaximaSayWhichTheFirstOfEqualOnesAndNaNBeforeNumbers() {
    WindowOp.WindowMax max = new WindowOp.WindowMax(Geometry.square(2, 2, 0));
    List<HostTensor> y =
        eval(max, f(new int[] {1, 2, 6, 1}, 3, 1, NAN, 5, -INF, -INF, 3, 0, 9, NAN, -INF, -INF));
    assertThat(y.get(0).toDoubles()).containsExactly(3, NAN, -INF);
    assertThat(y.get(1).toDoubles()).containsExactly(0, 0, 0);
    HostTensor corner =
        eval(
                new WindowOp.WindowMax(Geometry.square(2, 2, 1)),
                f(new int[] {1, 2, 2, 1}, 1, 2, 3, 4))
            .get(1);
    assertThat(corner.toDoubles()).containsExactly(3, 2, 1, 0);
  }

  @Test
  void convolutionSumsItsTaps() {
    HostTensor x = f(new int[] {1, 3, 3, 1}, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    HostTensor k = f(new int[] {1, 2, 2, 1}, 1, 10, 100, 1000);
    assertThat(one(new LinearOp.Conv(Geometry.square(2, 1, 0)), x, k))
        .containsExactly(5421, 6532, 8754, 9865);
    assertThat(one(new LinearOp.Conv(Geometry.square(2, 2, 1)), x, k))
        .containsExactly(1000, 3200, 7040, 9865);
  }

  /// By padding the image with explicit zeros and adding shifted, strided slices of it.
  @Test
  void strideDilationGroupsAndUnevenPaddingMeanSlicesOfAPaddedImage() {
    for (Geometry g :
        List.of(
            new Geometry(2, 3, 3, 2, 1, 2, 0, 2, 1, 1, 1),
            new Geometry(3, 2, 1, 2, 2, 0, 1, 3, 2, 3, 1),
            new Geometry(3, 3, 2, 1, 0, 2, 2, 1, 1, 2, 2))) {
      int cig = 4 / g.groups();
      HostTensor x = HostTensor.fill(Type.of(DType.F64, 2, 7, 8, 4), i -> Math.sin(i));
      HostTensor f =
          HostTensor.fill(Type.of(DType.F64, 6, g.kernelH(), g.kernelW(), cig), i -> Math.cos(i));
      List<Integer> low = List.of(0, g.top(), g.left(), 0);
      List<Integer> high = List.of(0, g.bottom(), g.right(), 0);
      List<Integer> none = List.of(0, 0, 0, 0);
      HostTensor padded = eval(new MoveOp.Pad(low, high, none, 0), x).get(0);
      int oh = g.outH(7);
      int ow = g.outW(8);
      double[] expected = new double[2 * oh * ow * 6];
      double[] windows = new double[2 * oh * ow * 4];
      for (int ky = 0; ky < g.kernelH(); ky++) {
        for (int kx = 0; kx < g.kernelW(); kx++) {
          List<Integer> from = List.of(0, ky * g.dilationH(), kx * g.dilationW(), 0);
          List<Integer> steps = List.of(1, g.strideH(), g.strideW(), 1);
          HostTensor s = eval(new MoveOp.Slice(from, List.of(2, oh, ow, 4), steps), padded).get(0);
          for (int i = 0; i < windows.length; i++) {
            windows[i] += s.get(i);
          }
          for (int i = 0; i < expected.length; i++) {
            int co = i % 6;
            for (int ci = 0; ci < cig; ci++) {
              int channel = co / (6 / g.groups()) * cig + ci;
              expected[i] += s.get(i / 6 * 4 + channel) * f.get(f.at(co, ky, kx, ci));
            }
          }
        }
      }
      double[] found = one(new LinearOp.Conv(g), x, f);
      assertThat(found).hasSameSizeAs(expected);
      for (int i = 0; i < expected.length; i++) {
        assertThat(found[i]).as("%s at %d", g, i).isCloseTo(expected[i], within(1e-12));
      }
      if (g.groups() == 1) {
        double[] sums = one(new WindowOp.WindowSum(g), x);
        for (int i = 0; i < windows.length; i++) {
          assertThat(sums[i]).as("%s at %d", g, i).isCloseTo(windows[i], within(1e-12));
        }
      }
    }
  }

  @Test
  void contractionsPassOnNaNAndInfinity() {
    assertThat(one(Contract.matmul(), f(new int[] {1, 2}, INF, 1), f(new int[] {2, 2}, 1, 0, 0, 1)))
        .containsExactly(INF, NAN);
  }

  /// Known answers published with the generator (Random123, `kat_vectors`).
  @Test
  void randomBitsAreThoseOfPhilox() {
    assertThat(RandomOp.RandomBits.philox(0, 0, 0)).isEqualTo(0xff1dae59);
    assertThat(RandomOp.RandomBits.philox(-1, -1, -1)).isEqualTo(0x2c3f628b);
    assertThat(RandomOp.RandomBits.philox(0x13198a2e, 0x85a308d3, 0x243f6a88))
        .isEqualTo(0xdd7ce038);
  }

  @Test
  void randomBitsDependOnSeedStepStreamAndPositionOnly() {
    List<Extent> three = List.of(Extent.of(3));
    HostTensor key = vector(DType.I32, 5, 9);
    double[] a = one(new RandomOp.RandomBits(three, 1), key);
    assertThat(one(new RandomOp.RandomBits(three, 1), key)).isEqualTo(a);
    assertThat(one(new RandomOp.RandomBits(List.of(Extent.of(1), Extent.of(3)), 1), key))
        .isEqualTo(a);
    assertThat(one(new RandomOp.RandomBits(three, 2), key)).isNotEqualTo(a);
    assertThat(one(new RandomOp.RandomBits(three, 1), vector(DType.I32, 5, 10))).isNotEqualTo(a);
    assertThat(one(new RandomOp.RandomBits(three, 1), vector(DType.I32, 6, 9))).isNotEqualTo(a);
    assertThat(a).doesNotHaveDuplicates();
  }
}
