package dev.retrograde.pass;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The order of a sum follows from its own shape and type, never from what it is fused with.
class OrderOfSumsTest {
  private static void check(String what, Consumer<Trace> body) {
    Comparison.check(what, Trace.program("sum", true, body), 2e-5);
  }

  private static Tensor input(Trace t, String name, int... dims) {
    return t.input(name, Type.of(DType.F32, dims));
  }

  @Test
  void aBroadcastOperandDoesNotChangeIt() {
    check(
        "rows and columns",
        t -> t.output("s", t.sum(t.add(input(t, "x", 5, 37, 13), input(t, "b", 13)), 1, 2)));
    check(
        "over the batch",
        t -> t.output("s", t.sum(t.add(input(t, "x", 300, 17, 3), input(t, "b", 1, 17, 1)), 0)));
  }

  @Test
  void piecesDoNotDependOnMergedAxes() {
    check(
        "channels",
        t -> {
          Tensor x = input(t, "x", 37, 9, 9, 3);
          t.output("s", t.sum(t.add(x, input(t, "b", 37, 1, 1, 1)), 0, 1, 2));
          t.output("r", t.sum(t.mul(x, 2), 0, 1, 2));
        });
  }

  @Test
  void aWiderTypeInTheSameKernelDoesNotChangeIt() {
    check(
        "f32 beside f64",
        t -> {
          Tensor x = input(t, "x", 37, 13);
          t.output("s", t.sum(x));
          t.output("wide", t.sum(t.cast(x, DType.F64)));
          t.output("twice", t.mul(t.cast(x, DType.F64), 2));
        });
  }

  @Test
  void aMaximumBesideItDoesNotChangeIt() {
    check(
        "sum and maximum",
        t -> {
          Tensor x = input(t, "x", 8192);
          t.output("m", t.max(x));
          t.output("s", t.sum(x));
        });
  }

  /// Groups that meet only in what both read.
  @Test
  void groupsThatAreMergedLaterDoNotChangeIt() {
    check(
        "maximum and wide sum",
        t -> {
          Tensor x = input(t, "x", 1021);
          Tensor y = t.apply(Functions.GELU, x);
          t.output("y", y);
          t.output("m", t.max(t.apply(Functions.SIGMOID, t.add(x, y))));
          Tensor wide = t.apply(Functions.TANH, t.cast(y, DType.F64));
          t.output("s", t.sum(t.sub(t.cast(x, DType.F64), wide)));
          t.output("n", t.sum(t.mul(y, y)));
        });
  }

  @Test
  void transposedAndPaddedOperandsDoNotChangeIt() {
    check(
        "transposed",
        t -> {
          Tensor y = t.mul(t.transpose(input(t, "x", 50, 41), 1, 0), 2);
          t.output("s", t.sum(y));
          t.output("u", t.sum(y, 0));
          t.output("v", t.sum(y, 1));
        });
    check(
        "padded",
        t -> {
          MoveOp.Pad pad = new MoveOp.Pad(List.of(0, 1, 1), List.of(0, 1, 2), List.of(0, 0, 0), 0);
          Tensor y = t.op(pad, input(t, "x", 5, 20, 11));
          t.output("s", t.sum(t.mul(y, y), 1, 2));
        });
  }
}
