package dev.retrograde.interp;

import dev.retrograde.callback.Cont;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One run of a program by callbacks; see [CallbackLowering].
///
/// A continuation is the rest of a block's nodes, then the continuation that the block itself was
/// run with. What a block hands on are the pairs of primal and cotangent themselves, so control ops
/// have no backward of their own: a branch joins, a loop hands its state to the next trip, a call
/// takes its caller's rest along. Only rows of scans are cut and stacked.
final class Continuations {
  private final Program program;
  private final Scope root;
  private final Rules rules;
  private long depth;
  private long callbacks;

  Continuations(Rules rules, Scope root) {
    this.rules = rules;
    this.program = rules.program();
    this.root = root;
  }

  /// Runs the whole program, then `end`, then everything backwards.
  void run(Runnable end) {
    rest(program.nodes(), 0, root, end);
  }

  /// Continuations open now; after a stack overflow, those that were open then.
  long depth() {
    return depth;
  }

  long callbacks() {
    return callbacks;
  }

  /// Runs nodes from the i-th on, then `k`.
  private void rest(List<Node> nodes, int i, Scope scope, Runnable k) {
    if (i == nodes.size()) {
      k.run();
      return;
    }
    Node n = nodes.get(i);
    depth++;
    node(
        n,
        scope,
        out -> {
          callbacks++;
          scope.bind(n.results(), out);
          rest(nodes, i + 1, scope, k);
        });
    depth--;
  }

  private void node(Node n, Scope scope, Cont<List<Active>> k) {
    switch (n.op()) {
      case ControlOp c -> control(c, n, scope, k);
      case FrameOp f -> throw notTraced(n, "a backward pass");
      case KernelOp.Kernel x when x.definition().vjp() == null ->
          block(rules.reference(n, x), scope.all(n.operands()), scope, k);
      default -> plain(n, scope, k);
    }
  }

  private static IllegalArgumentException notTraced(Node n, String home) {
    return new IllegalArgumentException(
        n.op().name()
            + " '"
            + n.origin()
            + "' belongs to "
            + home
            + "; give the program as it was traced");
  }

  private void control(ControlOp op, Node n, Scope scope, Cont<List<Active>> k) {
    List<Active> in = scope.all(n.operands());
    switch (op) {
      case ControlOp.If i ->
          block(n.blocks().get(in.get(0).x().bits(0) != 0 ? 0 : 1), List.of(), scope, k);
      case ControlOp.For f -> trips(f.bound(), n, 0, in.subList(1, in.size()), scope, k);
      case ControlOp.While w -> trip(w.bound(), n, 0, in, scope, k);
      case ControlOp.Scan s -> new Rows(s, n, in, scope, k).step(0, in.subList(0, s.carried()));
      case ControlOp.Call f -> block(function(f), in, root, k);
      case ControlOp.Region r -> {
        uncaptured(r, n, scope);
        plain(n, scope, k);
      }
      case ControlOp.Foreign f -> plain(n, scope, k);
      case ControlOp.Closed f -> throw notTraced(n, "a program that is being compiled");
    }
  }

  private Block function(ControlOp.Call f) {
    Block b = program.functions().get(f.function());
    if (b == null) {
      throw new AssertionError("no function '" + f.function() + "' in " + program.name());
    }
    return b;
  }

  /// Runs a block in a scope of its own and hands on its results.
  private void block(Block b, List<Active> args, Scope outer, Cont<List<Active>> k) {
    Scope scope = outer.inner();
    scope.bind(b.params(), args);
    rest(b.nodes(), 0, scope, () -> k.run(scope.all(b.results())));
  }

  private void trips(
      int bound, Node n, int i, List<Active> carried, Scope scope, Cont<List<Active>> k) {
    if (i >= scope.of(n.operand(0)).x().bits(0)) {
      k.run(carried);
      return;
    }
    bounded(n, i, bound);
    block(
        n.blocks().get(0), with(i, carried), scope, next -> trips(bound, n, i + 1, next, scope, k));
  }

  private void trip(
      int bound, Node n, int i, List<Active> carried, Scope scope, Cont<List<Active>> k) {
    block(
        n.blocks().get(0),
        carried,
        scope,
        holds -> {
          if (holds.get(0).x().bits(0) == 0) {
            k.run(carried);
            return;
          }
          bounded(n, i, bound);
          block(n.blocks().get(1), carried, scope, next -> trip(bound, n, i + 1, next, scope, k));
        });
  }

  private static void bounded(Node n, int done, int bound) {
    if (done >= bound) {
      throw new IllegalStateException(
          n.op().name() + " '" + n.origin() + "' runs more often than its bound of " + bound);
    }
  }

  private static List<Active> with(int i, List<Active> carried) {
    List<Active> args = new ArrayList<>();
    args.add(Active.of(HostTensor.scalar(DType.I32, i), false));
    args.addAll(carried);
    return args;
  }

  /// The trips of a scan and the rows that they write.
  private final class Rows {
    private final ControlOp.Scan op;
    private final Node n;
    private final List<Active> xs;
    private final Scope scope;
    private final Cont<List<Active>> k;
    private final int trips;
    private final List<List<Active>> written = new ArrayList<>();

    Rows(ControlOp.Scan op, Node n, List<Active> in, Scope scope, Cont<List<Active>> k) {
      this.op = op;
      this.n = n;
      this.xs = in.subList(op.carried(), in.size());
      this.scope = scope;
      this.k = k;
      trips = scope.resolve(new Type(DType.I32, List.of(op.trips()))).dim(0);
    }

    private int row(int trip) {
      return op.reverse() ? trips - 1 - trip : trip;
    }

    void step(int trip, List<Active> carried) {
      if (trip == trips) {
        stack(carried);
        return;
      }
      List<Active> rows = xs.stream().map(x -> x.row(row(trip))).toList();
      List<Active> args = with(row(trip), carried);
      args.addAll(rows);
      block(
          n.blocks().get(0),
          args,
          scope,
          out -> {
            written.add(out.subList(op.carried(), out.size()));
            step(trip + 1, out.subList(0, op.carried()));
          });
      for (int i = 0; i < rows.size(); i++) {
        HostTensor g = rows.get(i).d();
        if (g != null) {
          xs.get(i).addAt(row(trip) * g.size(), g);
        }
      }
    }

    private void stack(List<Active> carried) {
      List<Active> all = new ArrayList<>(carried);
      for (int y = 0; y < n.results().size() - op.carried(); y++) {
        all.add(stacked(y));
      }
      k.run(all);
      for (int trip = 0; trip < trips; trip++) {
        for (int y = 0; y < written.get(trip).size(); y++) {
          Active part = written.get(trip).get(y);
          HostTensor g = all.get(op.carried() + y).part(row(trip) * part.x().size(), part.x());
          if (g != null) {
            part.add(g);
          }
        }
      }
    }

    private Active stacked(int y) {
      HostTensor whole = HostTensor.zeros(scope.resolve(n.results().get(op.carried() + y).type()));
      boolean wanted = false;
      for (int trip = 0; trip < trips; trip++) {
        Active part = written.get(trip).get(y);
        wanted |= part.wanted();
        for (int e = 0; e < part.x().size(); e++) {
          whole.setBits(row(trip) * part.x().size() + e, part.x().bits(e));
        }
      }
      return Active.of(whole, wanted);
    }
  }

  /// A node without blocks that the program sees into: evaluate, run the rest, add to the operands.
  private void plain(Node n, Scope scope, Cont<List<Active>> k) {
    List<Active> in = scope.all(n.operands());
    boolean wanted =
        !(n.op() instanceof MapOp.StopGradient) && in.stream().anyMatch(Active::wanted);
    Map<Value, HostTensor> env = scope.primals(rules.reads(n));
    evaluate(List.of(n), env);
    List<Active> out =
        n.results().stream().map(r -> Active.of(Execution.of(env, r), wanted)).toList();
    k.run(out);
    if (out.stream().anyMatch(y -> y.d() != null)) {
      back(n, in, out, scope);
    }
  }

  /// Adds what these nodes compute to `env`. Functions that they call see inputs and state too.
  private void evaluate(List<Node> nodes, Map<Value, HostTensor> env) {
    if (nodes.stream().anyMatch(n -> !n.blocks().isEmpty())) {
      program.inputs().forEach(i -> env.putIfAbsent(i.value(), root.of(i.value()).x()));
      program.state().forEach(s -> env.putIfAbsent(s.value(), root.of(s.value()).x()));
    }
    Execution.run(program.with(nodes), env);
  }

  private void back(Node n, List<Active> in, List<Active> out, Scope scope) {
    Rule.Key key =
        new Rule.Key(
            n,
            out.stream().map(y -> y.d() != null).toList(),
            in.stream().map(Active::wanted).toList());
    Rule rule = rules.of(key);
    Map<Value, HostTensor> env = scope.primals(rule.reads());
    for (int i = 0; i < out.size(); i++) {
      Value c = rule.cotangents().get(i);
      HostTensor d = out.get(i).d();
      if (c != null && d != null) {
        env.put(c, d);
      }
    }
    evaluate(rule.nodes(), env);
    for (int i = 0; i < in.size(); i++) {
      @Nullable Value g = rule.back().get(i);
      if (g != null && in.get(i).wanted()) {
        in.get(i).add(Execution.of(env, g));
      }
    }
  }

  /// A region's rule gives cotangents to arguments only.
  private static void uncaptured(ControlOp.Region r, Node n, Scope scope) {
    for (Value v : Uses.captured(n.blocks().get(0))) {
      if (scope.of(v).wanted()) {
        throw new NoGradientException(
            "region '"
                + r.rule()
                + "' of "
                + n.origin()
                + " uses "
                + v
                + " without taking it as an argument, so its rule gives it no cotangent; pass it as"
                + " an argument, or stop its gradient");
      }
    }
  }
}
