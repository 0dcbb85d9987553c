package dev.retrograde.pass;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.BitOp.BitContract;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Conv;
import dev.retrograde.ir.LinearOp.ConvDataGrad;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Products of integers, of bits and of bf16, and sums of another type than the operands': integers
/// with the bits of the interpreter, floats within tolerance; equal bits on machines of any width,
/// fused or not.
class ProductsOnKernelsTest {
  private static final List<Integer> NO = List.of();

  private static void check(String what, double tolerance, Consumer<Trace> body) {
    Comparison.check(what, Trace.program("op", true, body), tolerance);
  }

  private static Contract over(int left, int right) {
    return new Contract(NO, NO, List.of(left), List.of(right));
  }

  /// Numbers of both signs that wrap in narrow types.
  private static Tensor numbers(Trace t, String name, DType d, int... dims) {
    Tensor x = t.input(name, Type.of(d, dims));
    return t.mul(t.sub(x, t.constant(d, 3)), t.constant(d, 7));
  }

  private static void orientations(Trace t, DType d, int n) {
    Tensor x = numbers(t, "x", d, 5, n);
    Tensor y = numbers(t, "y", d, n, 19);
    Tensor z = numbers(t, "z", d, 19, n);
    t.output("nn", t.matmul(x, y));
    t.output("nt", t.op(over(1, 1), x, z));
    t.output("tn", t.op(over(0, 1), y, x));
    t.output("tt", t.op(over(0, 0), x, x));
    t.output("epilogue", t.mul(t.add(t.matmul(x, y), t.constant(d, 2)), t.constant(d, 3)));
    t.output(
        "input", t.op(over(1, 1), t.input("a", Type.of(d, 3, n)), t.input("b", Type.of(d, 4, n))));
    Contract batched = new Contract(List.of(0), List.of(0), List.of(2), List.of(2));
    t.output("batched", t.op(batched, numbers(t, "u", d, 2, 3, n), numbers(t, "v", d, 2, 17, n)));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I8", "I16", "U8", "I32", "I64"})
  void integersWrap(DType d) {
    for (int n : new int[] {0, 1, 16, 37}) {
      check("integers", 0, t -> orientations(t, d, n));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16, 37})
  void bf16AddsInF32AndIsRoundedOnce(int n) {
    check("bf16", 1.0 / 256, t -> orientations(t, DType.BF16, n));
  }

  /// What goes on from a product of a narrow type sees what memory would hold.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I8", "I16", "U8"})
  void narrowProductsWrapAlsoWhereTheyAreNeverStored(DType d) {
    check(
        "wide",
        0,
        t -> {
          Tensor y = t.matmul(numbers(t, "x", d, 9, 40), numbers(t, "y", d, 40, 17));
          t.output("wide", t.cast(y, DType.I32));
        });
  }

  @ParameterizedTest
  @CsvSource({
    "I8, I32",
    "U8, I32",
    "I16, I64",
    "I32, I64",
    "I8, I64",
    "BF16, F32",
    "BF16, F64",
    "F32, F64",
    "F32, F32",
    "I32, I32"
  })
  void sumsHaveTheTypeOfTheAccumulator(DType operands, DType sum) {
    double tolerance = sum == DType.F64 ? 1e-13 : 1e-5;
    for (int n : new int[] {1, 16, 37}) {
      check(
          operands + " in " + sum,
          sum.isFloat() ? tolerance : 0,
          t -> {
            Tensor x = numbers(t, "x", operands, 5, n);
            Tensor y = numbers(t, "y", operands, n, 19);
            Tensor z = numbers(t, "z", operands, 19, n);
            t.output("nn", t.op(Contract.matmul().in(sum), x, y));
            t.output("nt", t.op(over(1, 1).in(sum), x, z));
            t.output("tn", t.op(over(0, 1).in(sum), y, x));
            Tensor stored = t.input("w", Type.of(operands, n, 33));
            t.output("lanes", t.add(t.op(Contract.matmul().in(sum), x, stored), 1));
            t.output("conv", conv(t, operands, sum));
          });
    }
  }

  private static Tensor conv(Trace t, DType operands, DType sum) {
    Tensor images = numbers(t, "images", operands, 2, 6, 7, 3);
    Tensor filters = numbers(t, "filters", operands, 17, 3, 3, 3);
    return t.op(new Conv(Geometry.square(3, 2, 1), sum), images, filters);
  }

  /// With few and many channels, whose data gradients go different ways.
  @ParameterizedTest
  @CsvSource({"BF16, 3", "BF16, 16", "I32, 3", "I8, 16", "I64, 3"})
  void convolutionsOfOtherTypes(DType d, int channels) {
    Geometry g = Geometry.square(3, 1, 1);
    check(
        d + " convolutions",
        d == DType.BF16 ? 1.0 / 256 : 0,
        t -> {
          Tensor x = numbers(t, "x", d, 2, 6, 5, channels);
          Tensor f = numbers(t, "f", d, 8, 3, 3, channels);
          Tensor dy = numbers(t, "dy", d, 2, 6, 5, 8);
          t.output("y", t.add(t.op(new Conv(g), x, f), t.constant(d, 1)));
          t.output("dx", t.op(new ConvDataGrad(g, x.type().extents()), dy, f));
          Tensor df = t.op(new ConvFilterGrad(g, f.type().extents()), x, dy);
          t.output("df", df);
          t.output("twice", t.cast(t.add(df, df), d.isFloat() ? DType.F32 : DType.I64));
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I8", "I16", "U8", "I32", "I64"})
  void bitsAreCounted(DType d) {
    for (int n : new int[] {0, 1, 16, 37}) {
      check(
          "bits",
          0,
          t -> {
            Tensor x = numbers(t, "x", d, 5, n);
            Tensor y = numbers(t, "y", d, n, 19);
            Tensor z = numbers(t, "z", d, 19, n);
            for (BitOp.Kind kind : BitOp.Kind.values()) {
              t.output(kind + " nn", t.op(new BitContract(kind, Contract.matmul()), x, y));
              Tensor counts = t.op(new BitContract(kind, over(1, 1)), x, z);
              t.output(kind + " nt", t.sub(t.constant(DType.I32, n), t.mul(counts, 2)));
              t.output(kind + " tn", t.op(new BitContract(kind, over(0, 1)), y, x));
            }
          });
    }
  }
}
