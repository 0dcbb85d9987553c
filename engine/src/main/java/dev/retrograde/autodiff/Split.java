package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.ScalarCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A block taken apart for reverse mode into a forward part and a backward part.
///
/// The forward part is the block itself, with nested control nodes in their own split form. The
/// backward part turns cotangents of results into cotangents of parameters and captured values. It
/// reads values that the block made: these are the residuals, which the forward part leaves and the
/// backward part gets back in whichever way the op around the block provides. What costs nothing to
/// make again (reshapes, broadcasts, casts, constants) is made again from its operand, and what is
/// visible outside the block is read where it is.
///
/// This is the callback form of Wang et al., "Backpropagation with callbacks" (NeurIPS 2018), with
/// the callbacks made into data (Reynolds): what a callback captures is the residuals, its code
/// after the call returns is the backward part.
final class Split {
  private final Block block;
  private final Emit forward;
  private final Emit back;
  private final Map<Value, Value> found;
  private final List<Walk.Late> late;
  private final Map<Value, Node> maker = new HashMap<>();
  private List<Node> remade = List.of();
  private List<Node> live = List.of();
  private List<Value> reads = List.of();

  private Split(
      Block block, Emit forward, Emit back, Map<Value, Value> found, List<Walk.Late> late) {
    this.block = block;
    this.forward = forward;
    this.back = back;
    this.found = found;
    this.late = List.copyOf(late);
    forward.nodes().forEach(n -> n.results().forEach(r -> maker.put(r, n)));
  }

  /// A cotangent to start from.
  record Seed(Value of, Value cotangent) {}

  /// What is asked of a split.
  ///
  /// @param seeds what is known before the block is walked; several of one value add up
  /// @param wrt parameters and captured values whose cotangents are wanted
  /// @param deferred captured values whose cotangents are formed later
  record Ask(List<Seed> seeds, List<Value> wrt, Set<Value> deferred) {
    static Ask of(List<Seed> seeds, List<Value> wrt) {
      return new Ask(seeds, wrt, Set.of());
    }
  }

  /// Splits a block that lies where `around` walks.
  static Split of(Walk around, Block b, Ask ask) {
    return of(around.context(), around.forward(), around.back(), b, ask);
  }

  static Split of(Context c, Emit aroundForward, Emit aroundBack, Block b, Ask ask) {
    Emit forward = aroundForward.nested();
    forward.nodes().addAll(b.nodes());
    Emit back = aroundBack.nested();
    Walk w = new Walk(c, forward, back, b.nodes(), ask.wrt, ask.deferred);
    ask.seeds.forEach(s -> w.add(s.of, s.cotangent));
    Map<Value, Value> found = w.run();
    return new Split(b, forward, back, found, w.late());
  }

  /// Products whose part in a gradient is formed later.
  List<Walk.Late> late() {
    return late;
  }

  /// The cotangents found.
  Map<Value, Value> found() {
    return found;
  }

  /// What a cotangent is a copy of, as the cotangents of a sum's operands are of the sum's.
  Value original(Value cotangent) {
    for (Node n : back.nodes()) {
      int r = n.results().indexOf(cotangent);
      if (r >= 0) {
        return n.op() instanceof MapOp.Map m
                && m.code().instrs().get(m.code().results().get(r)) instanceof ScalarCode.Arg a
            ? original(n.operand(a.index()))
            : cotangent;
      }
    }
    return cotangent;
  }

  /// States which cotangents are used, and so what is read.
  void keep(List<Value> results) {
    Set<Value> used = new HashSet<>(results);
    live = Live.of(back.nodes(), used);
    List<Node> cloned = new ArrayList<>();
    for (Node n : forward.nodes().reversed()) {
      if (remade(n) && n.results().stream().anyMatch(used::contains)) {
        cloned.add(n);
        used.addAll(Uses.all(n));
        n.results().forEach(used::remove);
      }
    }
    remade = cloned.reversed();
    Set<Value> own = new LinkedHashSet<>(block.params());
    forward.nodes().forEach(n -> own.addAll(n.results()));
    reads = own.stream().filter(used::contains).toList();
  }

  private boolean remade(Node n) {
    return n.op().free() || n.op() instanceof MoveOp.Literal;
  }

  /// Whether the backward part reads this value of the block.
  boolean reads(Value v) {
    return reads.contains(v);
  }

  /// What the backward part reads of the block, without what it gets in another way.
  List<Value> residuals(List<Value> given) {
    List<Value> out = reads.stream().filter(v -> !given.contains(v)).toList();
    for (Value v : out) {
      Uses.counts(v.type()).stream()
          .filter(this::own)
          .findFirst()
          .ifPresent(count -> {
            Node n = maker.get(v);
            throw new NoGradientException(
                (n == null ? "a block" : n.op().name() + " '" + n.origin() + "'")
                    + " makes "
                    + v.type()
                    + ", of a size that is known only inside its block, and backward would have to keep"
                    + " it; count outside the block, or stop its gradient");
          });
    }
    return out;
  }

  private boolean own(Value v) {
    return block.params().contains(v) || maker.containsKey(v);
  }

  /// The forward part with more parameters and results; `more` receives its emitter first.
  Block forward(List<Value> params, List<Value> results) {
    return new Block(join(block.params(), params), nodes(), join(block.results(), results));
  }

  /// Nodes of the forward part.
  List<Node> nodes() {
    return forward.nodes();
  }

  /// Packs values at the end of the forward part.
  Value pack(List<Value> values) {
    Origin before = forward.origin();
    forward.origin(place());
    Value frame = forward.add(new FrameOp.Pack(), values.toArray(Value[]::new));
    forward.origin(before);
    return frame;
  }

  /// Appends a node to the forward part, under the origin of its last node.
  Emit tail() {
    forward.origin(place());
    return forward;
  }

  private Origin place() {
    return block.nodes().isEmpty() ? forward.origin() : block.nodes().getLast().origin();
  }

  /// Appends the backward part, with `known` standing for what it reads; returns what stands for
  /// `results`.
  List<Value> replay(Emit into, Map<Value, Value> known, List<Value> results) {
    Cloner c = new Cloner(into);
    known.forEach(c::put);
    remade.forEach(c::node);
    live.forEach(c::node);
    return c.of(results);
  }

  static <T> List<T> join(List<? extends T> a, List<? extends T> b) {
    List<T> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  static List<Type> types(List<Value> values) {
    return values.stream().map(Value::type).toList();
  }
}
