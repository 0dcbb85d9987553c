package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One walk forward over the nodes of a program or of a block, which gives tangents.
///
/// At the top of a program the values themselves are there, and tangents are appended behind them.
/// Inside a block both are made: the block of the dual node computes each value together with its
/// tangent, so that a nested loop runs once for both, and a recursive function calls itself once.
///
/// A frame always has a tangent, the frame of its parts' tangents, so that what is taken out of it
/// later is there even where nothing moved.
final class Push {
  private final Emit into;
  private final PushCalls calls;
  private final Map<Value, Value> tangents;
  private final @Nullable Cloner copies;

  private Push(Emit into, PushCalls calls, Map<Value, Value> tangents, @Nullable Cloner copies) {
    this.into = into;
    this.calls = calls;
    this.tangents = tangents;
    this.copies = copies;
  }

  /// At the top of a program, whose values are there.
  static Push top(Emit into, Map<Value, Value> seeds) {
    return new Push(into, new PushCalls(into), new HashMap<>(seeds), null);
  }

  /// In the body of a function.
  static Push function(Emit into, PushCalls calls) {
    return new Push(into, calls, new HashMap<>(), new Cloner(into));
  }

  /// In a block of a node that this walk meets.
  Push nested() {
    Emit e = into.nested();
    return new Push(
        e, calls, new HashMap<>(tangents), copies == null ? new Cloner(e) : copies.nested(e));
  }

  Emit into() {
    return into;
  }

  Captures captures() {
    return calls.captures();
  }

  Map<Value, Value> tangents() {
    return tangents;
  }

  @Nullable Value tangent(Value v) {
    return tangents.get(v);
  }

  /// The tangent of a value, or what stands for none.
  Value full(Value v) {
    Value t = tangents.get(v);
    return t != null ? t : frame(v) ? into.add(new FrameOp.Pack()) : into.zeros(of(v).type());
  }

  static boolean frame(Value v) {
    return v.type().dtype() == DType.FRAME;
  }

  void put(Value v, Value tangent) {
    tangents.put(v, tangent);
  }

  /// Whether a value has a tangent, or is a frame.
  boolean moves(Value v) {
    return tangents.containsKey(v) || frame(v);
  }

  /// What stands for a value here.
  Value of(Value v) {
    return copies == null ? v : copies.of(v);
  }

  List<Value> of(List<Value> values) {
    return values.stream().map(this::of).toList();
  }

  Op op(Node n) {
    return copies == null ? n.op() : copies.of(n.op());
  }

  /// A parameter that stands for one of the original block.
  Value parameter(Value original) {
    Cloner c = inside();
    Value p = into.parameter(c.of(original.type()));
    c.put(original, p);
    return p;
  }

  private Cloner inside() {
    if (copies == null) {
      throw new AssertionError("the top of a program is not copied");
    }
    return copies;
  }

  /// Whether the values of nodes are wanted beside their tangents.
  boolean copying() {
    return copies != null;
  }

  /// The values that a dual node made.
  void made(List<Value> originals, List<Value> values) {
    for (int i = 0; i < originals.size(); i++) {
      inside().put(originals.get(i), values.get(i));
    }
  }

  void run(List<Node> nodes) {
    Origin before = into.origin();
    for (Node n : nodes) {
      into.origin(
          new Origin(n.origin().path(), n.origin().line(), n.origin().phase(), before.epoch()));
      node(n);
    }
    into.origin(before);
  }

  private void node(Node n) {
    boolean moving =
        n.operands().stream().anyMatch(tangents::containsKey)
            || n.results().stream().anyMatch(Push::frame)
            || captures().of(n).stream().anyMatch(tangents::containsKey);
    if (moving && n.op() instanceof TreeOp t) {
      tree(n, t);
    } else if (moving && n.op() instanceof KernelOp.Kernel k && k.definition().jvp() == null) {
      reference(n, k);
    } else if (moving && n.op() instanceof ControlOp c) {
      switch (c) {
        case ControlOp.If i -> branch(n);
        case ControlOp.For f -> PushLoops.push(this, n);
        case ControlOp.While w -> PushLoops.push(this, n);
        case ControlOp.Scan s -> PushLoops.push(this, n);
        case ControlOp.Call f -> calls.push(this, n, f);
        case ControlOp.Region r -> plain(n, true);
        case ControlOp.Foreign f -> plain(n, true);
        case ControlOp.Closed k -> plain(n, true);
      }
    } else {
      plain(n, moving);
    }
  }

  /// Refuses what would run again.
  void refuse(Node n) {
    if (!n.pure()) {
      Op.notDifferentiable(n, "it calls ordered Java code, which must not run again for tangents");
    }
  }

  private void tree(Node n, TreeOp op) {
    refuse(n);
    plain(n, false);
    Node here = copies == null ? n : into.nodes().getLast();
    Map<Value, Value> known = new HashMap<>();
    for (Value v : Uses.all(n)) {
      Value t = tangents.get(v);
      if (t != null) {
        known.put(of(v), t);
      }
    }
    List<@Nullable Value> out = TreeTangents.jvp(into, here, op, known);
    for (int r = 0; r < n.results().size(); r++) {
      Value t = out.get(r);
      if (t != null) {
        tangents.put(n.results().get(r), t);
      }
    }
  }

  private void plain(Node n, boolean moving) {
    Node here = n;
    if (copies != null) {
      copies.node(n);
      here = into.nodes().getLast();
    }
    if (!moving) {
      return;
    }
    List<@Nullable Value> in = new ArrayList<>();
    n.operands().forEach(o -> in.add(tangents.get(o)));
    List<@Nullable Value> out = n.op().jvp(into, here, in);
    for (int r = 0; r < n.results().size(); r++) {
      Value t = out.get(r);
      if (t != null) {
        tangents.put(n.results().get(r), t);
      }
    }
  }

  /// By the rules of what a kernel means, computed beside it for the tangents' sake.
  private void reference(Node n, KernelOp.Kernel k) {
    plain(n, false);
    List<Value> operands = of(n.operands());
    Emit again = into.nested();
    List<Value> made = k.reference(again, operands);
    List<Node> nodes = List.copyOf(again.nodes());
    into.nodes().addAll(nodes);
    Map<Value, Value> known = new HashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      Value t = tangents.get(n.operand(i));
      if (t != null) {
        known.put(operands.get(i), t);
      }
    }
    Push p = new Push(into, calls, known, null);
    p.run(nodes);
    for (int r = 0; r < made.size(); r++) {
      Value t = p.tangent(made.get(r));
      if (t != null) {
        tangents.put(n.results().get(r), t);
      }
    }
  }

  private void branch(Node n) {
    refuse(n);
    List<Push> branches = new ArrayList<>();
    List<Integer> moving = new ArrayList<>();
    for (Block b : n.blocks()) {
      Push p = nested();
      p.run(b.nodes());
      branches.add(p);
    }
    for (int r = 0; r < n.results().size(); r++) {
      for (int which = 0; which < 2; which++) {
        if (branches.get(which).moves(n.blocks().get(which).results().get(r))
            && !moving.contains(r)) {
          moving.add(r);
        }
      }
    }
    List<Block> blocks = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Push p = branches.get(which);
      List<Value> ends = n.blocks().get(which).results();
      List<Value> results = new ArrayList<>(copies == null ? List.of() : p.of(ends));
      moving.forEach(r -> results.add(p.full(ends.get(r))));
      List<Node> live = Live.of(p.into.nodes(), new HashSet<>(results));
      blocks.add(new Block(List.of(), live, results));
    }
    List<Value> out = into.addAll(new ControlOp.If(), of(n.operands()), blocks);
    int own = copies == null ? 0 : n.results().size();
    if (copies != null) {
      made(n.results(), out);
    }
    for (int i = 0; i < moving.size(); i++) {
      put(n.results().get(moving.get(i)), out.get(own + i));
    }
  }

  /// Captured values that have a tangent.
  Set<Value> moving(List<Value> captured) {
    Set<Value> out = new HashSet<>(captured);
    out.retainAll(tangents.keySet());
    return out;
  }
}
