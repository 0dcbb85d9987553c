package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// One row of the op table: an op on operands of these shapes and ranges.
///
/// @param name what the row is about
/// @param terms length of the longest sum, which widens the tolerance of narrow types
public record OpRow(String name, Op op, List<Operand> operands, int terms) {

  static OpRow row(String name, Op op, Operand... operands) {
    return new OpRow(name, op, List.of(operands), 1);
  }

  OpRow terms(int n) {
    return new OpRow(name, op, operands, n);
  }

  /// Makes the numbers of an operand.
  public interface Numbers {
    HostTensor draw(Type type, Random random);
  }

  /// An operand: its type (real operands are f64 here and take the dtype under test) and numbers.
  public record Operand(Type type, Numbers numbers) {
    boolean real() {
      return type.dtype().isFloat();
    }
  }

  /// Uniform reals in [low, high).
  static Operand between(double low, double high, int... dims) {
    return new Operand(
        Type.of(DType.F64, dims),
        (t, r) -> HostTensor.fill(t, i -> low + (high - low) * r.nextDouble()));
  }

  /// Uniform reals in [-1, 1).
  static Operand real(int... dims) {
    return between(-1, 1, dims);
  }

  /// Reals of which no two are closer than 0.1: no ties, no kinks near.
  static Operand distinct(int... dims) {
    return new Operand(
        Type.of(DType.F64, dims),
        (t, r) -> {
          List<Integer> order =
              new ArrayList<>(IntStream.range(0, Math.toIntExact(t.size())).boxed().toList());
          Collections.shuffle(order, r);
          return HostTensor.fill(t, i -> 0.1 * order.get(i) - 0.05 * t.size());
        });
  }

  /// Integers in [low, high).
  static Operand whole(DType d, int low, int high, int... dims) {
    return new Operand(
        Type.of(d, dims),
        (t, r) -> HostTensor.fill(t, i -> low + r.nextInt(Math.max(1, high - low))));
  }

  static Operand index(int rows, int... dims) {
    return whole(DType.I32, 0, rows, dims);
  }

  static Operand bool(int... dims) {
    return whole(DType.BOOL, 0, 2, dims);
  }

  /// Symmetric positive definite matrices in the last two axes.
  static Operand definite(int... dims) {
    return new Operand(
        Type.of(DType.F64, dims),
        (t, r) -> {
          int n = t.dim(t.rank() - 1);
          HostTensor a = HostTensor.fill(t, i -> 0.3 * (2 * r.nextDouble() - 1));
          HostTensor s = a.copy();
          for (int i = 0; i < s.size(); i++) {
            int col = i % n;
            int row = i / n % n;
            int base = i - row * n - col;
            s.set(i, (row == col ? n : 0) + a.get(i) + a.get(base + col * n + row));
          }
          return s;
        });
  }

  /// Triangular matrices, well away from singular; the other triangle holds numbers nobody may
  /// read.
  static Operand triangular(int... dims) {
    return new Operand(
        Type.of(DType.F64, dims),
        (t, r) -> {
          int n = t.dim(t.rank() - 1);
          return HostTensor.fill(
              t, i -> (i % n == i / n % n ? 2 : 0) + 0.5 * (2 * r.nextDouble() - 1));
        });
  }

  @Override
  public String toString() {
    return name;
  }
}
