package dev.retrograde.callback;

import java.util.function.Function;

/// Straight-line code without nesting: a computation that is written like a formula and runs when
/// it is given a continuation.
///
/// ```java
/// Expr.of(x).times(w).plus(b).tanh().run(op, y -> ...)
/// ```
///
/// An expression computes anew wherever it stands; [#let] names a result that is used more than
/// once. Nothing is added to what [Ops] does: composing these is composing callbacks.
@FunctionalInterface
public interface Expr {
  /// Computes the value and hands it on.
  void run(Ops op, Cont<Var> k);

  static Expr of(Var v) {
    return (op, k) -> k.run(v);
  }

  static Expr of(double c) {
    return (op, k) -> k.run(op.constant(c));
  }

  /// The result of an operator that is not among the methods here.
  static Expr call(Fn<Ops, Var> f) {
    return f::run;
  }

  /// Gives the value a name for the rest of the expression.
  default Expr let(Function<Var, Expr> rest) {
    return (op, k) -> run(op, v -> rest.apply(v).run(op, k));
  }

  private Expr with(Expr b, Binary f) {
    return (op, k) -> run(op, x -> b.run(op, y -> f.run(op, x, y, k)));
  }

  /// An operator on two values.
  @FunctionalInterface
  interface Binary {
    void run(Ops op, Var a, Var b, Cont<Var> k);
  }

  default Expr plus(Expr b) {
    return with(b, Ops::add);
  }

  default Expr plus(Var b) {
    return plus(of(b));
  }

  default Expr minus(Expr b) {
    return with(b, Ops::sub);
  }

  default Expr minus(Var b) {
    return minus(of(b));
  }

  default Expr times(Expr b) {
    return with(b, Ops::mul);
  }

  default Expr times(Var b) {
    return times(of(b));
  }

  default Expr over(Expr b) {
    return with(b, Ops::div);
  }

  default Expr over(Var b) {
    return over(of(b));
  }

  default Expr contract(Contraction c, Expr b) {
    return with(b, (op, x, y, k) -> op.contract(c, x, y, k));
  }

  /// The matrix `w` times this vector.
  default Expr in(Var w) {
    return (op, k) -> run(op, v -> op.matvec(w, v, k));
  }

  default Expr scale(double c) {
    return (op, k) -> run(op, x -> op.scale(c, x, k));
  }

  default Expr shift(double c) {
    return (op, k) -> run(op, x -> op.shift(x, c, k));
  }

  default Expr map(Unary f) {
    return (op, k) -> run(op, x -> op.map(f, x, k));
  }

  default Expr exp() {
    return map(Unary.EXP);
  }

  default Expr log() {
    return map(Unary.LOG);
  }

  default Expr sqrt() {
    return map(Unary.SQRT);
  }

  default Expr square() {
    return map(Unary.SQUARE);
  }

  default Expr tanh() {
    return map(Unary.TANH);
  }

  default Expr sigmoid() {
    return map(Unary.SIGMOID);
  }

  default Expr relu() {
    return map(Unary.RELU);
  }

  default Expr sum() {
    return (op, k) -> run(op, x -> op.sum(x, k));
  }

  default Expr mean() {
    return (op, k) -> run(op, x -> op.mean(x, k));
  }
}
