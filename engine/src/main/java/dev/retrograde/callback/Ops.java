package dev.retrograde.callback;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The operators of one run: each computes its result, runs its callback on it, and when that has
/// returned adds to the cotangents of its operands.
///
/// Few by design: any elementwise function ([#map]), the four arithmetic operations with
/// broadcasting, one sum of products ([#contract]), one move of elements ([#gather]) and sums.
/// Forms that write over an operand are left out: they would mean the same.
///
/// Branches, loops and recursion are in [Flow], networks' own operators in [Vision], [Sequences]
/// and [Losses]; [Expr] writes straight-line code without nesting. Belongs to one run and its
/// thread.
public final class Ops {
  private final Arithmetic m;
  private final boolean checked;
  private long ops;
  private long callbacks;
  private long depth;
  private long deepest;

  Ops(Arithmetic m, boolean checked) {
    this.m = m;
    this.checked = checked;
    // Begun here: a class whose first use is where the stack ends stays broken for ever.
    Objects.requireNonNull(Unary.EXP);
    Objects.requireNonNull(Contraction.DOT);
  }

  boolean checked() {
    return checked;
  }

  Arithmetic arithmetic() {
    return m;
  }

  Counters counters() {
    return new Counters(ops, callbacks, m.arrays(), deepest);
  }

  /// Callbacks open now; after a stack overflow, those that were open then.
  long depth() {
    return depth;
  }

  // What every operator does.

  /// A value that gathers a cotangent from zero.
  Var variable(Array x) {
    return new Var(this, m.copy(x), m.zeros(x.shape));
  }

  /// A value without gradient: data, targets, masks.
  public Var constant(Array x) {
    return new Var(this, m.copy(x), null);
  }

  public Var constant(double x) {
    return constant(Array.scalar(x));
  }

  /// The value of an operand that may be used here.
  Array x(Var a) {
    if (a.owner != this) {
      throw Place.fail("operand " + a + " belongs to another run; pass it in as a parameter");
    }
    if (!a.open()) {
      throw new IllegalStateException(
          Place.here()
              + ": operand "
              + a
              + " is used after its callback has returned, when its cotangent was already handed on;"
              + " use it inside the callback that receives it");
    }
    return a.x;
  }

  /// The result of an operator on these operands.
  Var result(Array x, Var... operands) {
    ops++;
    boolean active = false;
    for (Var a : operands) {
      active |= a.active();
    }
    return new Var(this, x, active ? m.zeros(x.shape) : null);
  }

  /// Runs the rest of the program on y. Whether there is a cotangent to hand on.
  boolean then(Var y, Cont<Var> k) {
    enter();
    k.run(y);
    leave();
    y.close();
    return y.active();
  }

  /// Counts a callback that begins.
  void enter() {
    callbacks++;
    if (++depth > deepest) {
      deepest = depth;
    }
  }

  void leave() {
    depth--;
  }

  void add(Var a, Array g) {
    m.add(a.d(), g);
  }

  // Elementwise.

  /// a + b, broadcast.
  public void add(Var a, Var b, Cont<Var> k) {
    Var y = result(m.plus(x(a), x(b)), a, b);
    if (then(y, k)) {
      if (a.active()) {
        add(a, y.d());
      }
      if (b.active()) {
        add(b, y.d());
      }
    }
  }

  /// a - b, broadcast.
  public void sub(Var a, Var b, Cont<Var> k) {
    Var y = result(m.minus(x(a), x(b)), a, b);
    if (then(y, k)) {
      if (a.active()) {
        add(a, y.d());
      }
      if (b.active()) {
        add(b, m.scale(-1, y.d()));
      }
    }
  }

  /// a b elementwise, broadcast.
  public void mul(Var a, Var b, Cont<Var> k) {
    Var y = result(m.times(x(a), x(b)), a, b);
    if (then(y, k)) {
      if (a.active()) {
        add(a, m.times(y.d(), b.x));
      }
      if (b.active()) {
        add(b, m.times(y.d(), a.x));
      }
    }
  }

  /// a / b elementwise, broadcast.
  public void div(Var a, Var b, Cont<Var> k) {
    Var y = result(m.over(x(a), x(b)), a, b);
    if (then(y, k)) {
      Array g = m.over(y.d(), b.x);
      if (a.active()) {
        add(a, g);
      }
      if (b.active()) {
        add(b, m.scale(-1, m.times(g, y.x)));
      }
    }
  }

  /// c a.
  public void scale(double c, Var a, Cont<Var> k) {
    Var y = result(m.scale(c, x(a)), a);
    if (then(y, k)) {
      add(a, m.scale(c, y.d()));
    }
  }

  /// a + c.
  public void shift(Var a, double c, Cont<Var> k) {
    Var y = result(m.shift(x(a), c), a);
    if (then(y, k)) {
      add(a, y.d());
    }
  }

  /// p a + q b.
  public void combine(double p, Var a, double q, Var b, Cont<Var> k) {
    scale(p, a, s -> scale(q, b, t -> add(s, t, k)));
  }

  /// f of each element.
  public void map(Unary f, Var a, Cont<Var> k) {
    Var y = result(m.map(f, x(a)), a);
    if (then(y, k)) {
      add(a, m.times(y.d(), f.slope().at(m, a.x, y.x)));
    }
  }

  public void exp(Var a, Cont<Var> k) {
    map(Unary.EXP, a, k);
  }

  public void log(Var a, Cont<Var> k) {
    map(Unary.LOG, a, k);
  }

  public void sqrt(Var a, Cont<Var> k) {
    map(Unary.SQRT, a, k);
  }

  public void square(Var a, Cont<Var> k) {
    map(Unary.SQUARE, a, k);
  }

  public void tanh(Var a, Cont<Var> k) {
    map(Unary.TANH, a, k);
  }

  public void sigmoid(Var a, Cont<Var> k) {
    map(Unary.SIGMOID, a, k);
  }

  public void relu(Var a, Cont<Var> k) {
    map(Unary.RELU, a, k);
  }

  /// Dropout with a given mask of zeros and ones: a mask / keep.
  ///
  /// @param keep the share of elements that are kept, above 0
  public void dropout(Var a, Array mask, double keep, Cont<Var> k) {
    if (!(keep > 0 && keep <= 1)) {
      throw Place.fail("the share of kept elements is " + keep + ", expected above 0, at most 1");
    }
    mul(a, constant(m.scale(1 / keep, mask)), k);
  }

  // Sums of products.

  /// A sum of products in index notation: matrix and outer products, transposed or in batches.
  public void contract(Contraction c, Var a, Var b, Cont<Var> k) {
    Contraction.Bound s = c.bind(x(a).shape, x(b).shape);
    product(s.sum(), s.shape(), a, b, k);
  }

  /// What all sums of products share; see [Product].
  void product(Product p, int[] shape, Var a, Var b, Cont<Var> k) {
    Var y = result(m.product(p, shape, x(a), x(b)), a, b);
    if (then(y, k)) {
      if (a.active()) {
        m.addProduct(a.d(), p.forA(), y.d(), b.x);
      }
      if (b.active()) {
        m.addProduct(b.d(), p.forB(), a.x, y.d());
      }
    }
  }

  /// w: `[m, n]`, v: `[n]`, result `[m]`.
  public void matvec(Var w, Var v, Cont<Var> k) {
    contract(Contraction.MATRIX_VECTOR, w, v, k);
  }

  /// a: `[m, n]`, b: `[n, p]`, result `[m, p]`.
  public void matmul(Var a, Var b, Cont<Var> k) {
    contract(Contraction.MATRIX_MATRIX, a, b, k);
  }

  public void dot(Var a, Var b, Cont<Var> k) {
    contract(Contraction.DOT, a, b, k);
  }

  // Moves of elements.

  /// An array of `shape` whose element i (row-major) is element `index[i]` of a, or 0 where the
  /// index is negative. Elements may be taken several times, and left out.
  public void gather(Var a, int[] shape, int[] index, Cont<Var> k) {
    Array x = x(a);
    if (Array.size(shape) != index.length || IntStream.of(index).anyMatch(i -> i >= x.size())) {
      throw Place.fail(
          "expected an index below "
              + x.size()
              + " for each element of shape "
              + Arrays.toString(shape)
              + ", found "
              + index.length
              + " with the largest "
              + IntStream.of(index).max().orElse(-1));
    }
    Var y = result(m.gather(x, shape, index), a);
    if (then(y, k)) {
      m.addScatter(a.d(), index, y.d());
    }
  }

  public void reshape(Var a, int[] shape, Cont<Var> k) {
    Var y = result(m.reshape(x(a), shape), a);
    if (then(y, k)) {
      add(a, m.reshape(y.d(), a.x.shape));
    }
  }

  /// Axis i of the result is axis `axes[i]` of a.
  public void permute(Var a, int[] axes, Cont<Var> k) {
    int[] shape = x(a).shape;
    int[] sorted = IntStream.of(axes).sorted().toArray();
    if (!Arrays.equals(sorted, IntStream.range(0, shape.length).toArray())) {
      throw Place.fail(
          Arrays.toString(axes) + " is not an order of the " + shape.length + " axes of " + a);
    }
    int[] out = IntStream.of(axes).map(i -> shape[i]).toArray();
    gather(a, out, Index.permuted(shape, axes), k);
  }

  /// The transpose of a matrix.
  public void transpose(Var a, Cont<Var> k) {
    permute(a, new int[] {1, 0}, k);
  }

  /// The part from `from` up to but not including `to` along an axis.
  public void slice(Var a, int axis, int from, int to, Cont<Var> k) {
    int[] shape = x(a).shape;
    if (axis < 0 || axis >= shape.length || from < 0 || from > to || to > shape[axis]) {
      throw Place.fail("no part " + from + " to " + to + " along axis " + axis + " of " + a);
    }
    int[] out = shape.clone();
    out[axis] = to - from;
    int[] s = Index.strides(shape);
    gather(a, out, Index.linear(out, s, from * s[axis]), k);
  }

  /// Row `i` along axis 0, without that axis: an element of a list, a word's vector.
  public void row(Var a, int i, Cont<Var> k) {
    int[] shape = x(a).shape;
    if (shape.length == 0 || i < 0 || i >= shape[0]) {
      throw Place.fail("no row " + i + " in " + a);
    }
    int[] out = Arrays.copyOfRange(shape, 1, shape.length);
    int n = Array.size(out);
    gather(a, out, IntStream.range(i * n, i * n + n).toArray(), k);
  }

  /// Joins arrays along an axis; they agree in all others.
  public void concat(int axis, List<Var> parts, Cont<Var> k) {
    new Joined(this, axis, parts).run(k);
  }

  // Sums.

  /// The sum over these axes, which the result lacks.
  public void sum(Var a, Set<Integer> axes, Cont<Var> k) {
    Array x = x(a);
    if (axes.stream().anyMatch(i -> i < 0 || i >= x.rank())) {
      throw Place.fail("axes " + axes + " are not all among those of " + a);
    }
    int[] index = Index.reducing(x.shape, axes);
    Var y = result(m.scatter(x, Index.without(x.shape, axes), index), a);
    if (then(y, k)) {
      add(a, m.gather(y.d(), x.shape, index));
    }
  }

  public void sum(Var a, Cont<Var> k) {
    sum(a, all(a), k);
  }

  /// The mean over these axes, which the result lacks.
  public void mean(Var a, Set<Integer> axes, Cont<Var> k) {
    int[] shape = x(a).shape;
    double n = axes.stream().mapToDouble(i -> shape[i]).reduce(1, (p, q) -> p * q);
    sum(a, axes, s -> scale(1 / n, s, k));
  }

  public void mean(Var a, Cont<Var> k) {
    mean(a, all(a), k);
  }

  private Set<Integer> all(Var a) {
    return IntStream.range(0, x(a).rank()).boxed().collect(Collectors.toSet());
  }
}
