package dev.retrograde.autodiff;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One walk backwards over the nodes of a program or of a block.
///
/// Forward and backward part have an emitter each, which at the top of a program is the same one:
/// nodes with blocks are put in the place of those that they extend in the former, cotangents are
/// appended to the latter.
final class Walk {
  private final Context context;
  private final Emit forward;
  private final Emit back;
  private final List<Node> nodes;
  private final List<Value> wrt;
  private final Set<Value> active;
  private final Map<Value, Value> cot = new HashMap<>();
  private final Set<Value> deferred;
  private final List<Late> late = new ArrayList<>();

  /// A product whose rule was not asked for the cotangent of one operand: that is formed later,
  /// from the cotangents of the products of all trips together.
  ///
  /// @param side the operand's number
  /// @param dy cotangent of the product
  record Late(Node product, int side, Value dy) {
    Value matrix() {
      return product.operand(side);
    }

    Value other() {
      return product.operand(1 - side);
    }
  }

  /// @param nodes the forward nodes, in order
  /// @param wrt values whose cotangents are wanted
  /// @param deferred values whose cotangents are formed later, which are operands of products only
  Walk(
      Context context,
      Emit forward,
      Emit back,
      List<Node> nodes,
      List<Value> wrt,
      Set<Value> deferred) {
    this.context = context;
    this.forward = forward;
    this.back = back;
    this.nodes = List.copyOf(nodes);
    this.wrt = List.copyOf(wrt);
    this.deferred = Set.copyOf(deferred);
    this.active =
        Activity.of(
            context.captures(),
            this.nodes,
            Split.join(context.ledgers().matrices(wrt), List.copyOf(deferred)));
  }

  /// What is left to be formed later.
  List<Late> late() {
    return late;
  }

  Context context() {
    return context;
  }

  Emit forward() {
    return forward;
  }

  Emit back() {
    return back;
  }

  /// Goes over the nodes; returns the cotangents of the values wanted, without those that none
  /// reaches.
  Map<Value, Value> run() {
    Origin before = back.origin();
    for (Node n : nodes.reversed()) {
      if (n.results().stream().anyMatch(cot::containsKey)) {
        back.origin(n.origin().with(Origin.Phase.BACKWARD));
        back(n);
      }
    }
    back.origin(before);
    Map<Value, Value> out = new LinkedHashMap<>();
    for (Value w : wrt) {
      Value c = cot.get(w);
      if (c != null) {
        out.put(w, c);
      }
    }
    return out;
  }

  private void back(Node n) {
    Stream.concat(n.operands().stream(), context.captures().of(n).stream())
        .filter(v -> active.contains(v) && v.type().dtype() == DType.FRAME)
        .findFirst()
        .ifPresent(frame -> Op.notDifferentiable(n, FrameOp.ONCE));
    List<Value> captured = captured(n);
    if (n.operands().stream().noneMatch(active::contains) && captured.isEmpty()) {
      return;
    }
    boolean all =
        switch (n.op()) {
          case TreeOp t -> Trees.back(this, n, t, captured);
          case ControlOp c -> control(n, c, captured);
          case KernelOp.Kernel k when k.definition().vjp() == null -> reference(n, k);
          default -> plain(n);
        };
    if (!all) {
      context.cut(n);
    }
  }

  private boolean control(Node n, ControlOp op, List<Value> captured) {
    Set<Value> rows =
        op instanceof ControlOp.Scan
            ? Deferral.inBody(context, n.blocks().get(0), captured)
            : Set.of();
    List<Value> sums = captured.stream().filter(v -> !rows.contains(v)).toList();
    List<Value> opened = context.ledgers().open(this, n, sums);
    List<Value> all =
        captured.stream().flatMap(v -> context.ledgers().names(v).stream()).distinct().toList();
    boolean reached =
        switch (op) {
          case ControlOp.If i ->
              context.framed() ? Branches.back(this, n, all) : BranchesAgain.back(this, n, all);
          case ControlOp.For f -> Loops.back(this, n, all);
          case ControlOp.While w -> Loops.back(this, n, all);
          case ControlOp.Scan s -> Scans.back(this, n, s, all);
          case ControlOp.Call f -> context.calls().back(this, n, f);
          case ControlOp.Region r -> region(n, r, captured);
          case ControlOp.Foreign f -> plain(n);
          case ControlOp.Closed k -> plain(n);
        };
    context.ledgers().close(this, opened);
    return reached;
  }

  private boolean region(Node n, ControlOp.Region r, List<Value> captured) {
    if (!captured.isEmpty()) {
      throw new NoGradientException(
          "region '"
              + r.rule()
              + "' of "
              + n.origin()
              + " uses "
              + captured
              + " without taking it as an argument, so its rule gives it no cotangent; pass it"
              + " as an argument, or stop its gradient");
    }
    return plain(n);
  }

  /// By the rules of what a kernel means, which backward computes again: the kernel leaves nothing
  /// but its results, so that its operands are all that is kept.
  private boolean reference(Node n, KernelOp.Kernel k) {
    Emit again = back.nested();
    List<Value> made = k.reference(again, n.operands());
    List<Value> wanted = n.operands().stream().filter(this::wants).distinct().toList();
    Walk w = new Walk(context.ofNode(), again, again, again.nodes(), wanted, Set.of());
    for (int i = 0; i < made.size(); i++) {
      Value c = cot.get(n.results().get(i));
      if (c != null) {
        w.add(made.get(i), c);
      }
    }
    Map<Value, Value> found = w.run();
    back.nodes().addAll(again.nodes());
    found.forEach(this::add);
    return found.keySet().containsAll(wanted);
  }

  /// By the op's own rule; says whether all that is wanted got a cotangent.
  private boolean plain(Node n) {
    List<Boolean> wanted =
        n.operands().stream()
            .map(v -> active.contains(v) && !deferred.contains(v) && !context.ledgers().booked(v))
            .toList();
    List<@Nullable Value> in = new ArrayList<>();
    n.results().forEach(r -> in.add(cot.get(r)));
    List<@Nullable Value> found = n.op().vjp(back, n, in, wanted);
    boolean all = true;
    for (int k = 0; k < n.operands().size(); k++) {
      Value c = found.get(k);
      if (wanted.get(k) && c != null) {
        add(n.operand(k), c);
      }
      all &= !wanted.get(k) || c != null;
      Value dy = in.get(0);
      if (dy != null && deferred.contains(n.operand(k))) {
        late.add(new Late(n, k, dy));
      } else if (dy != null && context.ledgers().booked(n.operand(k))) {
        context.ledgers().push(this, n, k, dy);
      }
    }
    return all;
  }

  /// Values that need a cotangent and that a node uses without taking them as operands.
  private List<Value> captured(Node n) {
    return context.captures().of(n).stream().filter(this::wants).toList();
  }

  /// Whether a cotangent of this value leads to one that is wanted.
  boolean wants(Value v) {
    return active.contains(v) && Activity.floats(v);
  }

  /// The cotangent so far.
  @Nullable Value cotangent(Value v) {
    return cot.get(v);
  }

  Value cotangentOrZeros(Value v) {
    Value c = cot.get(v);
    return c == null ? nothing(back, v.type()) : c;
  }

  /// The cotangent of what has none yet: zeros, or the end of a chain of frames.
  static Value nothing(Emit e, Type t) {
    return t.equals(FrameOp.HANDLE) ? e.add(new FrameOp.Pack()) : e.zeros(t);
  }

  /// The cotangent so far, which is forgotten.
  @Nullable Value take(Value v) {
    return cot.remove(v);
  }

  /// Whether all captured values are among those reached; a ledger may stay empty.
  static boolean all(List<Value> captured, Collection<Value> reached) {
    return captured.stream().filter(Activity::floats).allMatch(reached::contains);
  }

  /// Adds to the cotangent of a value.
  void add(Value x, Value c) {
    if (!c.type().equals(x.type())) {
      throw new AssertionError("the cotangent of " + x + " " + x.type() + " is " + c.type());
    }
    Value sum = cot.get(x);
    cot.put(x, sum == null ? c : back.plus(sum, c));
  }

  /// Puts a cotangent in the place of the one so far, which went into it.
  void put(Value x, Value c) {
    cot.put(x, c);
  }
}
