package dev.retrograde.callback;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// Gradients of programs written with callbacks.
///
/// ```java
/// Gradients g =
///     Callbacks.grad(
///         (op, p, k) -> {
///           Var x = p.get(0);
///           op.mul(x, x, y -> op.mul(x, y, cube -> op.add(x, cube, k)));
///         },
///         Array.scalar(2));
/// ```
///
/// gives 10 as loss and 13 as gradient of x + x³ at 2. The method is
///
/// ```
/// op(a, b, k):  y = (f(a.x, b.x), 0);  k(y);  a.d += df/da y.d;  b.d += df/db y.d
/// grad(F)(v):   p = (v, 0);  F(p, r -> r.d = 1);  p.d
/// ```
///
/// All uses of y are inside k, so y.d is complete when k returns; there is no tape, and no order to
/// keep. What a tape would hold is on the native stack: it grows with every operation that a run
/// performs, some thousands of which fit into a default stack. [#onStack] gives more.
///
/// Runs share nothing, and a run that fails leaves nothing behind.
///
/// @param checks whether every continuation is checked to run exactly once
/// @param single whether every stored number is rounded to f32; sums are still f64 inside an
///   operation
public record Callbacks(boolean checks, boolean single) {

  /// A program: from its parameters to a loss of one element, which it hands to `loss`.
  @FunctionalInterface
  public interface Program {
    void run(Ops op, List<Var> parameters, Cont<Var> loss);
  }

  /// Checked, in f64.
  public static Callbacks standard() {
    return new Callbacks(true, false);
  }

  public Callbacks withoutChecks() {
    return new Callbacks(false, single);
  }

  public Callbacks inF32() {
    return new Callbacks(checks, true);
  }

  /// Loss and gradients, checked, in f64.
  public static Gradients grad(Program f, Array... parameters) {
    return standard().gradients(f, List.of(parameters));
  }

  /// Loss and gradients at these parameters, which are not changed.
  ///
  /// @throws DepthException if the thread's stack is too small
  /// @throws IllegalStateException if a continuation does not run exactly once
  public Gradients gradients(Program f, List<Array> parameters) {
    return run(f, parameters, false);
  }

  /// The same with the product of the Hessian and a direction, from one run on dual numbers.
  ///
  /// @param direction an array for each parameter, of its shape
  public Gradients hessianVector(Program f, List<Array> parameters, List<Array> direction) {
    if (parameters.size() != direction.size()) {
      throw Place.fail(direction.size() + " directions for " + parameters.size() + " parameters");
    }
    List<Array> duals = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      Array p = parameters.get(i);
      Array d = direction.get(i);
      if (!Arrays.equals(p.shape, d.shape)) {
        throw Place.fail("direction " + i + " is " + d + ", expected the shape of " + p);
      }
      duals.add(new Array(p.shape, p.v, d.v));
    }
    return run(f, duals, true);
  }

  private Gradients run(Program f, List<Array> parameters, boolean second) {
    Ops op = new Ops(new Arithmetic(single), checks);
    List<Var> p = parameters.stream().map(op::variable).toList();
    Seed seed = new Seed(op);
    Once<Var> loss = new Once<>(checks ? Place.here() : "grad", "the program", -1, seed);
    try {
      f.run(op, p, checks ? loss : seed);
    } catch (StackOverflowError e) {
      // Everything half made belongs to this run and goes with it.
      throw new DepthException(op.depth(), e);
    }
    if (checks) {
      loss.returned();
    }
    p.forEach(Var::close);
    List<Array> gradients = p.stream().map(Var::d).toList();
    return new Gradients(
        seed.loss,
        gradients,
        second ? gradients.stream().map(g -> Array.of(g.shape, g.tangents())).toList() : List.of(),
        op.counters());
  }

  /// The end of a program: takes the loss and sets its cotangent to one.
  private static final class Seed implements Cont<Var> {
    private final Ops op;
    private double loss = Double.NaN;

    Seed(Ops op) {
      this.op = op;
    }

    @Override
    public void run(Var r) {
      loss = op.x(r).item();
      if (r.active()) {
        Array d = r.d();
        op.arithmetic().add(d, Array.fill(d.shape, i -> 1));
      }
    }
  }

  /// Runs a task on a thread of its own with a stack of this size, and waits for it.
  ///
  /// The system reserves the whole stack and backs the part that is used.
  ///
  /// @param mebibytes of stack, 1 to 2047
  /// @throws IllegalStateException if this thread is interrupted while it waits; the task is then
  ///   interrupted too
  public static <T extends @Nullable Object> T onStack(int mebibytes, Callable<T> task) {
    if (mebibytes < 1 || mebibytes > 2047) {
      throw new IllegalArgumentException("a stack of " + mebibytes + " MiB, expected 1 to 2047");
    }
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread = new Thread(null, future, "callbacks", (long) mebibytes << 20);
    thread.setDaemon(true);
    thread.start();
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the task on its own stack", e);
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    }
  }

  private static RuntimeException unchecked(@Nullable Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException r ? r : new IllegalStateException(cause);
  }
}
