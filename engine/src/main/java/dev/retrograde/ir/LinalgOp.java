package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Small dense linear algebra on the last two axes, batched over those before.
public sealed interface LinalgOp extends Op {

  /// The lower triangular L with L Lᵀ = (A + Aᵀ) / 2, for `A: [b..., n, n]`. Zeros above the
  /// diagonal; NaN from the first pivot on that is not positive.
  ///
  /// The symmetric part is taken so that the derivative is that of a function of all of A.
  record Cholesky() implements LinalgOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Linalg.square(in.get(0));
      return List.of(in.get(0));
    }

    /// S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹ made symmetric, where Φ keeps the lower triangle and halves the
    /// diagonal.
    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value l = n.result();
      return MoveOp.Moves.linear(
          cots.get(0),
          dl -> {
            Value p =
                Linalg.phi(e, Linalg.product(e, l, true, Linalg.triangle(e, dl, true), false));
            Value y = e.add(new TriangularSolve(true, true), l, p);
            Value s = e.add(new TriangularSolve(true, true), l, Linalg.transposed(e, y));
            return Linalg.symmetric(e, s);
          });
    }

    /// dL = L Φ(L⁻¹ dA L⁻ᵀ).
    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value l = n.result();
      return MoveOp.Moves.linear(
          tangents.get(0),
          da -> {
            Value y = e.add(new TriangularSolve(true, false), l, Linalg.symmetric(e, da));
            Value m = e.add(new TriangularSolve(true, false), l, Linalg.transposed(e, y));
            return Linalg.product(e, l, false, Linalg.phi(e, m), false);
          });
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor a = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      int n = a.dim(a.rank() - 1);
      int batch = a.size() == 0 ? 0 : a.size() / (n * n);
      for (int b = 0; b < batch; b++) {
        int base = b * n * n;
        double[][] l = new double[n][n];
        for (int i = 0; i < n; i++) {
          for (int j = 0; j <= i; j++) {
            double sum = 0.5 * (a.get(base + i * n + j) + a.get(base + j * n + i));
            for (int k = 0; k < j; k++) {
              sum -= l[i][k] * l[j][k];
            }
            // A pivot of 0 gives NaN rather than infinity: there is no such factor.
            l[i][j] = i > j ? sum / l[j][j] : sum > 0 ? Math.sqrt(sum) : Double.NaN;
            y.set(base + i * n + j, l[i][j]);
          }
        }
      }
      return List.of(y);
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      Type t = in.get(0);
      return t.size() * t.dim(t.rank() - 1) / 6;
    }
  }

  /// X with T X = B, or Tᵀ X = B if `transposed`, where T is the `lower` or upper triangle of `A:
  /// [b..., n, n]` and `B: [b..., n, m]`. The other triangle is not read. A zero on the diagonal
  /// gives infinities and NaN.
  record TriangularSolve(boolean lower, boolean transposed) implements LinalgOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type a = in.get(0);
      Linalg.square(a);
      Type b = in.get(1);
      int r = a.rank();
      if (b.rank() != r
          || b.dtype() != a.dtype()
          || !b.extents().subList(0, r - 1).equals(a.extents().subList(0, r - 1))) {
        throw new IllegalArgumentException(
            "right sides of " + a + " are [b..., n, m] of its type, found " + b);
      }
      return List.of(b);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dx = cots.get(0);
      if (dx == null) {
        return out;
      }
      Value db = e.add(new TriangularSolve(lower, !transposed), n.operand(0), dx);
      if (wanted.get(0)) {
        Value x = n.result();
        Value outer =
            transposed
                ? Linalg.product(e, x, false, db, true)
                : Linalg.product(e, db, false, x, true);
        out.set(0, e.negate(Linalg.triangle(e, outer, lower)));
      }
      if (wanted.get(1)) {
        out.set(1, db);
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value da = tangents.get(0);
      Value right = tangents.get(1);
      if (da != null) {
        Value moved =
            Linalg.product(e, Linalg.triangle(e, da, lower), transposed, n.result(), false);
        right = right == null ? e.negate(moved) : e.minus(right, moved);
      }
      return MoveOp.Moves.linear(right, r -> e.add(this, n.operand(0), r));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor a = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      int n = y.dim(y.rank() - 2);
      int m = y.dim(y.rank() - 1);
      int batch = y.size() == 0 ? 0 : y.size() / (n * m);
      boolean down = lower != transposed;
      for (int b = 0; b < batch; b++) {
        for (int col = 0; col < m; col++) {
          double[] x = new double[n];
          for (int step = 0; step < n; step++) {
            int i = down ? step : n - 1 - step;
            double sum = in.get(1).get((b * n + i) * m + col);
            for (int before = 0; before < step; before++) {
              int j = down ? before : n - 1 - before;
              sum -= a.get(b * n * n + (transposed ? j * n + i : i * n + j)) * x[j];
            }
            x[i] = sum / a.get(b * n * n + i * n + i);
            y.set((b * n + i) * m + col, x[i]);
          }
        }
      }
      return List.of(y);
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      Type t = in.get(1);
      return t.size() * t.dim(t.rank() - 2) / 2;
    }
  }

  /// Products and triangles of matrices in the last two axes.
  final class Linalg {
    private Linalg() {}

    static void square(Type a) {
      int r = a.rank();
      if (r < 2 || !a.dtype().isFloat() || !a.extents().get(r - 1).equals(a.extents().get(r - 2))) {
        throw new IllegalArgumentException("expected square matrices [b..., n, n], found " + a);
      }
    }

    static Value transposed(Emit e, Value a) {
      Integer[] perm = Emit.allAxes(a.type()).toArray(Integer[]::new);
      int r = perm.length;
      perm[r - 1] = r - 2;
      perm[r - 2] = r - 1;
      return e.transpose(a, perm);
    }

    static Value product(Emit e, Value a, boolean aTransposed, Value b, boolean bTransposed) {
      int r = a.type().rank();
      List<Integer> batch = Emit.allAxes(a.type()).subList(0, r - 2);
      List<Integer> left = List.of(aTransposed ? r - 2 : r - 1);
      List<Integer> right = List.of(bTransposed ? r - 1 : r - 2);
      return e.add(new LinearOp.Contract(batch, batch, left, right), a, b);
    }

    static Value symmetric(Emit e, Value a) {
      return e.scale(e.plus(a, transposed(e, a)), 0.5);
    }

    static Value triangle(Emit e, Value a, boolean lower) {
      Type t = a.type().with(DType.I32);
      Value row = e.add(new MoveOp.Iota(t, t.rank() - 2));
      Value col = e.add(new MoveOp.Iota(t, t.rank() - 1));
      Value keep = lower ? e.map(Primitive.LE, col, row) : e.map(Primitive.LE, row, col);
      return e.select(keep, a, e.zeros(a.type()));
    }

    /// The lower triangle with half the diagonal.
    static Value phi(Emit e, Value a) {
      Type t = a.type().with(DType.I32);
      Value row = e.add(new MoveOp.Iota(t, t.rank() - 2));
      Value col = e.add(new MoveOp.Iota(t, t.rank() - 1));
      Value half = e.select(e.equal(row, col), e.fill(a.type(), 0.5), e.fill(a.type(), 1));
      return e.times(triangle(e, a, true), half);
    }
  }
}
