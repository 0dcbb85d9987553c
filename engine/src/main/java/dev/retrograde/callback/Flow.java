package dev.retrograde.callback;

import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Branches, loops, folds and recursion.
///
/// They compute nothing: they only decide which continuation runs next, so derivatives of all that
/// they control come out right by themselves. A loop changes the state that it hands on; a fold
/// from the right and a recursion over a tree change the continuation. What is carried is any Java
/// value that holds [Var]s: one, a list, a record of several.
///
/// Conditions are plain booleans: they read primals ([Var#item]) and carry no gradient. The number
/// of a trip is an argument of the body and never a variable outside it, which all trips would see
/// at its last value.
///
/// Every dynamic operation takes native stack until the program has ended; see [Callbacks#onStack].
public final class Flow {
  private final Ops op;

  public Flow(Ops op) {
    this.op = op;
  }

  /// One of two ways to compute a value.
  @FunctionalInterface
  public interface Branch<T> {
    void run(Cont<T> k);
  }

  /// The body of a counted loop or fold: the number of the trip, the value, and where to hand on.
  @FunctionalInterface
  public interface Trip<T> {
    void run(int i, T x, Cont<T> k);
  }

  /// What is computed at a leaf of a tree.
  @FunctionalInterface
  public interface Leaf<T> {
    void run(int node, Cont<T> k);
  }

  /// What is computed at a node of a tree from the values of its children.
  @FunctionalInterface
  public interface Inner<T> {
    void run(T left, T right, int node, Cont<T> k);
  }

  private String place() {
    return op.checked() ? Place.here() : "";
  }

  /// Runs user code that must run the continuation it is lent exactly once.
  private <T> void lend(String place, String what, int number, Cont<T> k, Branch<T> to) {
    op.enter();
    if (op.checked()) {
      Once<T> once = new Once<>(place, what, number, k);
      to.run(once);
      once.returned();
    } else {
      to.run(k);
    }
    op.leave();
  }

  /// One of two branches, by a condition.
  ///
  /// The continuation is one object for both, so consecutive branches do not multiply code.
  public <T> void cond(boolean condition, Branch<T> yes, Branch<T> no, Cont<T> k) {
    this.<T>lend(
        place(), condition ? "the first branch" : "the second branch", -1, k, condition ? yes : no);
  }

  /// Runs a body on what it gave before, for as long as a condition on it holds.
  public <T> void whileLoop(T x0, Predicate<T> condition, Fn<T, T> body, Cont<T> k) {
    whileFrom(place(), 0, x0, condition, body, k);
  }

  private <T> void whileFrom(
      String place, int trip, T x, Predicate<T> condition, Fn<T, T> body, Cont<T> k) {
    if (condition.test(x)) {
      this.<T>lend(
          place,
          "trip",
          trip,
          y -> whileFrom(place, trip + 1, y, condition, body, k),
          next -> body.run(x, next));
    } else {
      k.run(x);
    }
  }

  /// Runs a body n times, from trip 0; not at all gives `x0`.
  public <T> void forLoop(int n, T x0, Trip<T> body, Cont<T> k) {
    forFrom(place(), 0, n, x0, body, k);
  }

  private <T> void forFrom(String place, int i, int n, T x, Trip<T> body, Cont<T> k) {
    if (i < n) {
      this.<T>lend(
          place,
          "trip",
          i,
          y -> forFrom(place, i + 1, n, y, body, k),
          next -> body.run(i, x, next));
    } else {
      k.run(x);
    }
  }

  /// Runs a body for n - 1, n - 2, ... 0, each on what the one before gave: the fold of a list from
  /// its end. Walks to the end first, as recursion over a list does.
  public <T> void foldRight(int n, T x0, Trip<T> body, Cont<T> k) {
    foldFrom(place(), 0, n, x0, body, k);
  }

  private <T> void foldFrom(String place, int i, int n, T x0, Trip<T> body, Cont<T> k) {
    op.enter();
    if (i < n) {
      foldFrom(
          place,
          i + 1,
          n,
          x0,
          body,
          t -> this.<T>lend(place, "trip", i, k, own -> body.run(i, t, own)));
    } else {
      k.run(x0);
    }
    op.leave();
  }

  /// Folds a binary tree from its leaves to its root, node 0.
  ///
  /// @param left the left child of each node, -1 where there is none
  /// @param right the right child of each node, likewise
  /// @param missing what stands for a child that is not there
  /// @throws IllegalArgumentException if the arrays are no tree
  public <T> void treeFold(int[] left, int[] right, T missing, Inner<T> body, Cont<T> k) {
    Tree.check(left, right);
    treeFrom(place(), left.length == 0 ? -1 : 0, left, right, missing, body, k);
  }

  private <T> void treeFrom(
      String place, int i, int[] left, int[] right, T missing, Inner<T> body, Cont<T> k) {
    op.enter();
    if (i < 0) {
      k.run(missing);
      op.leave();
      return;
    }
    treeFrom(
        place,
        left[i],
        left,
        right,
        missing,
        body,
        l ->
            treeFrom(
                place,
                right[i],
                left,
                right,
                missing,
                body,
                r -> this.<T>lend(place, "node", i, k, own -> body.run(l, r, i, own))));
    op.leave();
  }

  /// Folds a binary tree whose leaves, nodes without children, have a function of their own. Every
  /// other node has two children.
  public <T> void treeFold(int[] left, int[] right, Leaf<T> leaf, Inner<T> inner, Cont<T> k) {
    Tree.checkFull(left, right);
    leavesFrom(place(), 0, left, right, leaf, inner, k);
  }

  private <T> void leavesFrom(
      String place, int i, int[] left, int[] right, Leaf<T> leaf, Inner<T> inner, Cont<T> k) {
    op.enter();
    if (left[i] < 0) {
      this.<T>lend(place, "leaf", i, k, own -> leaf.run(i, own));
      op.leave();
      return;
    }
    leavesFrom(
        place,
        left[i],
        left,
        right,
        leaf,
        inner,
        l ->
            leavesFrom(
                place,
                right[i],
                left,
                right,
                leaf,
                inner,
                r -> this.<T>lend(place, "node", i, k, own -> inner.run(l, r, i, own))));
    op.leave();
  }

  /// A function that may call itself: `f` receives it and gives its body.
  public <A, B> Fn<A, B> fun(UnaryOperator<Fn<A, B>> f) {
    Declared<A, B> own = new Declared<>("function", place());
    return own.define(f.apply(own));
  }

  /// A function that is defined later, so that several can call each other.
  public <A, B> Declared<A, B> declare(String name) {
    return new Declared<>("function '" + name + "'", place());
  }

  /// A function that is known before its body is.
  public final class Declared<A, B> implements Fn<A, B> {
    private final String what;
    private final String place;
    private @Nullable Fn<A, B> body;

    private Declared(String what, String place) {
      this.what = what;
      this.place = place;
    }

    /// Gives the body, once.
    public Declared<A, B> define(Fn<A, B> f) {
      if (body != null) {
        throw new IllegalStateException(place + ": " + what + " is defined twice");
      }
      body = f;
      return this;
    }

    @Override
    public void run(A x, Cont<B> k) {
      Fn<A, B> f = body;
      if (f == null) {
        throw new IllegalStateException(
            place + ": " + what + " is called before it is defined; call define first");
      }
      Flow.this.<B>lend(place, what, -1, k, own -> f.run(x, own));
    }
  }
}
