package dev.retrograde.trace;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Control flow that depends on numbers known only when the program runs.
///
/// A body is a Java function that traces; it may use any tensor made before it, and its own tensors
/// must not leave it except as results. A plain Java `for` unrolls instead and a plain Java `if` is
/// taken while tracing: use those wherever the condition is known then.
///
/// Random bits depend on the step's key and their place in the program, so a body draws the same
/// ones on every trip.
public final class Control {
  private final Trace t;

  public Control(Trace t) {
    this.t = t;
  }

  /// Traces a body into a block of its own.
  Block block(List<Type> params, Function<List<Tensor>, List<Tensor>> body) {
    List<Value> values = params.stream().map(t.emit()::parameter).toList();
    List<Node> nodes = t.emit().nodes();
    List<Node> before = nodes.isEmpty() ? List.of() : List.of(nodes.getLast());
    List<Tensor> results = body.apply(values.stream().map(Tensor::new).toList());
    // A gradient taken in the body may put other nodes in the place of earlier ones.
    List<Node> mark = t.emit().current(before);
    int first = mark.isEmpty() ? 0 : nodes.indexOf(mark.getLast()) + 1;
    List<Node> own = nodes.subList(first, nodes.size());
    Block b = new Block(values, own, results.stream().map(Tensor::value).toList());
    own.clear();
    return b;
  }

  List<Tensor> add(Op op, List<Tensor> operands, Block... blocks) {
    List<Value> in = operands.stream().map(Tensor::value).toList();
    return t.emit().addAll(op, in, List.of(blocks)).stream().map(Tensor::new).toList();
  }

  private static List<Type> types(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::type).toList();
  }

  private static <T> List<T> join(List<? extends T> a, List<? extends T> b) {
    List<T> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  /// The results of one of two bodies. Only the chosen one runs.
  public List<Tensor> cond(
      Tensor condition, Supplier<List<Tensor>> yes, Supplier<List<Tensor>> no) {
    Block first = block(List.of(), p -> yes.get());
    Block second = block(List.of(), p -> no.get());
    return add(new ControlOp.If(), List.of(condition), first, second);
  }

  /// The body of a counted loop: from the trip's number (i32, from 0) and the carried values to new
  /// carried values of the same types.
  @FunctionalInterface
  public interface Trip {
    List<Tensor> run(Tensor i, List<Tensor> carried);
  }

  /// Runs a body `trips` times (i32 scalar), handing values from one trip to the next.
  public List<Tensor> forLoop(Tensor trips, List<Tensor> carried, Trip body) {
    return forLoop(trips, ControlOp.UNBOUNDED, carried, body);
  }

  /// The same with the most trips there can be: what a memory budget and the C target ask for.
  public List<Tensor> forLoop(Tensor trips, int bound, List<Tensor> carried, Trip body) {
    Block b = block(params(carried), p -> body.run(p.get(0), p.subList(1, p.size())));
    return add(new ControlOp.For(bound), join(List.of(trips), carried), b);
  }

  private static List<Type> params(List<Tensor> carried) {
    return join(List.of(Type.of(DType.I32)), types(carried));
  }

  /// Runs a body while a condition on the carried values (bool scalar) holds, at most `bound`
  /// times.
  public List<Tensor> whileLoop(
      int bound,
      List<Tensor> carried,
      Function<List<Tensor>, Tensor> condition,
      Function<List<Tensor>, List<Tensor>> body) {
    Block first = block(types(carried), p -> List.of(condition.apply(p)));
    Block second = block(types(carried), body);
    return add(new ControlOp.While(bound), carried, first, second);
  }

  /// The body of a scan.
  @FunctionalInterface
  public interface Step {
    /// @param i number of the row
    /// @param carried from the step before
    /// @param rows of the tensors walked along, without their first axis
    Stepped run(Tensor i, List<Tensor> carried, List<Tensor> rows);
  }

  /// What a step of a scan leaves: values for the next step and rows to write.
  public record Stepped(List<Tensor> carried, List<Tensor> rows) {}

  /// Walks along axis 0 of `xs`. Gives the last carried values and the written rows, stacked.
  public Stepped scan(List<Tensor> carried, List<Tensor> xs, Step body) {
    if (xs.isEmpty()) {
      throw new IllegalArgumentException("a scan over nothing needs the number of its steps");
    }
    return scan(xs.get(0).type().extents().get(0), false, carried, xs, body);
  }

  /// The same with a stated number of steps, last row first if `reverse`.
  public Stepped scan(
      Extent trips, boolean reverse, List<Tensor> carried, List<Tensor> xs, Step body) {
    int n = carried.size();
    List<Type> params = params(carried);
    for (Tensor x : xs) {
      params.add(x.type().without(List.of(0)));
    }
    Block b =
        block(
            params,
            p -> {
              Stepped s = body.run(p.get(0), p.subList(1, n + 1), p.subList(n + 1, p.size()));
              return join(s.carried, s.rows);
            });
    List<Tensor> out = add(new ControlOp.Scan(trips, n, reverse), join(carried, xs), b);
    return new Stepped(out.subList(0, n), out.subList(n, out.size()));
  }

  /// A function of the program: its types are stated first, so that its body may call it, or
  /// another that calls it. The body sees its parameters, the program's inputs and its state,
  /// nothing else.
  public final class Callable {
    private final String function;
    private final boolean ordered;
    private final List<Type> params;
    private final List<Type> results;

    private Callable(String function, boolean ordered, List<Type> params, List<Type> results) {
      this.function = function;
      this.ordered = ordered;
      this.params = List.copyOf(params);
      this.results = List.copyOf(results);
    }

    /// Traces the body, once.
    public Callable define(Function<List<Tensor>, List<Tensor>> body) {
      Block b = block(params, body);
      List<Type> found = b.results().stream().map(Value::type).toList();
      if (!found.equals(results)) {
        throw new IllegalArgumentException(
            "function '" + function + "' returns " + found + ", declared are " + results);
      }
      t.define(function, b);
      return this;
    }

    public List<Tensor> call(Tensor... operands) {
      List<Type> given = types(List.of(operands));
      if (!given.equals(params)) {
        throw new IllegalArgumentException(
            "function '" + function + "' takes " + params + ", found " + given);
      }
      return add(new ControlOp.Call(function, ordered, results), List.of(operands));
    }
  }

  /// Declares a function.
  ///
  /// @param ordered whether it calls ordered Java code, itself or through others
  public Callable function(String name, boolean ordered, List<Type> params, List<Type> results) {
    return new Callable(name, ordered, params, results);
  }

  /// What the forward part of a region leaves.
  ///
  /// @param residuals what the rule wants to have again
  /// @param companions for each output the output that carries its gradient, usually itself
  public record Kept(List<Tensor> outputs, List<Tensor> residuals, List<Integer> companions) {
    public static Kept of(List<Tensor> outputs, List<Tensor> residuals) {
      return new Kept(outputs, residuals, IntStream.range(0, outputs.size()).boxed().toList());
    }

    /// Output `silent` has no gradient of its own; the one that arrives at `companion` stands for
    /// it.
    public Kept withCompanion(int silent, int companion) {
      List<Integer> c = new ArrayList<>(companions);
      c.set(silent, companion);
      return new Kept(outputs, residuals, c);
    }
  }

  /// A region with a reverse rule of its own. Gradients reach what the rule returns cotangents for:
  /// the floating ones of `args`. A floating value that `forward` uses and that needs a gradient is
  /// therefore an argument, not captured.
  ///
  /// @param rule its name
  /// @param backward from residuals and the cotangents of outputs that carry their own to the
  ///   cotangents of the floating arguments, in order
  public List<Tensor> region(
      String rule,
      List<Tensor> args,
      Function<List<Tensor>, Kept> forward,
      BinaryOperator<List<Tensor>> backward) {
    @Nullable Kept[] kept = new Kept[1];
    Block f =
        block(
            types(args),
            p -> {
              Kept k = forward.apply(p);
              kept[0] = k;
              return join(k.outputs, k.residuals);
            });
    Kept k = kept[0];
    if (k == null) {
      throw new AssertionError("the forward part was not traced");
    }
    int n = k.outputs.size();
    ControlOp.Region op = new ControlOp.Region(rule, n, k.companions);
    List<Type> params = new ArrayList<>(types(k.residuals));
    for (int i = 0; i < n; i++) {
      if (op.carries(i, k.outputs.get(i).type())) {
        params.add(k.outputs.get(i).type());
      }
    }
    Origin.Phase before = t.emit().origin().phase();
    t.phase(Origin.Phase.BACKWARD);
    int r = k.residuals.size();
    Block b = block(params, p -> backward.apply(p.subList(0, r), p.subList(r, p.size())));
    t.phase(before);
    return add(op, args, f, b).subList(0, n);
  }

  /// Calls Java code.
  ///
  /// @param box its name
  /// @param ordered whether it does more than compute its results: it then runs exactly as often
  ///   and in the order that the program says
  public List<Tensor> foreign(
      String box,
      boolean ordered,
      List<Type> results,
      ControlOp.Callback code,
      Tensor... operands) {
    return add(new ControlOp.Foreign(box, code, ordered, results), Arrays.asList(operands));
  }
}
