package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Carries [Saving.Segments] out: a scan and the scan that goes back through it become scans over
/// segments. Forward keeps the carried values at the cuts only; backward runs the rows of a segment
/// again, from the values at its cut, and goes back through them, segment by segment (Chen et al.,
/// "Training deep nets with sublinear memory cost", arXiv 1604.06174, for a chain of equal layers).
///
/// It is a rewrite of the joint program, after reverse mode: what backward computes, and in which
/// order it adds, stays as it was, so every bit does. Rows that somebody else reads too, such as
/// outputs of the layer and operands of a product that is formed after all trips, are kept whole.
///
/// A shorter last segment, where the rows do not come out even, is gone back through first, so its
/// rows are kept and not made again.
final class ScanCuts {
  private final Program program;
  private final ByLayer policy;
  private final Emit e;
  private final Map<Node, ScanPair> forward = new HashMap<>();
  private final Map<Node, ScanPair> backward = new HashMap<>();
  private final Map<ScanPair, Cut> cuts = new HashMap<>();
  private final List<Residual> remade = new ArrayList<>();
  private final RowRecipe recipe;
  private int epoch;

  /// What forward leaves of a pair for its backward part.
  ///
  /// @param carried values at the cuts, `[pieces, ...]`
  /// @param leaves what the rows that are read can be made of, in pieces
  /// @param shorter the rows of the pair, of the shorter segment; empty where there is none
  private record Cut(
      Stretches at, List<Value> carried, Map<Value, Value> leaves, Map<Integer, Value> shorter) {}

  /// The rewritten program, and the rows that are no longer kept.
  record Result(Program program, List<Residual> remade) {}

  private ScanCuts(Program program, ByLayer policy) {
    this.program = program;
    this.policy = policy;
    e = program.emitter();
    Map<Value, Node> maker = new HashMap<>();
    program.nodes().stream()
        .filter(n -> n.origin().phase() == Phase.FORWARD)
        .forEach(n -> n.results().forEach(v -> maker.put(v, n)));
    recipe = new RowRecipe(maker);
    epoch = program.nodes().stream().mapToInt(n -> n.origin().epoch()).max().orElse(0);
  }

  static Result run(Program program, ByLayer policy) {
    return new ScanCuts(program, policy).run();
  }

  private Result run() {
    for (ScanPair p : ScanPair.of(program)) {
      if (policy.of(p.forward().origin().path()) instanceof Saving.Segments s
          && Stretches.of(p.trips(), s.pieces(), p.scan().reverse()).cuts()
          && !backward.containsKey(p.backward())) {
        forward.put(p.forward(), p);
        backward.put(p.backward(), p);
      }
    }
    if (forward.isEmpty()) {
      return new Result(program, List.of());
    }
    for (Node n : program.nodes()) {
      e.origin(n.origin());
      if (forward.containsKey(n)) {
        forward(forward.get(n));
      } else if (backward.containsKey(n)) {
        backward(backward.get(n));
      } else {
        e.nodes().add(n);
      }
    }
    return new Result(program.with(e.nodes()), remade);
  }

  private void forward(ScanPair p) {
    Node n = p.forward();
    ControlOp.Scan s = p.scan();
    Saving.Segments asked = (Saving.Segments) policy.of(n.origin().path());
    Stretches at = Stretches.of(p.trips(), asked.pieces(), s.reverse());
    int carried = s.carried();
    List<Integer> whole = new ArrayList<>();
    for (int r = carried; r < n.results().size(); r++) {
      if (!p.dropped().contains(r)) {
        whole.add(r);
      }
    }
    List<Value> xs = n.operands().subList(carried, n.operands().size());
    List<Value> operands = new ArrayList<>(n.operands().subList(0, carried));
    xs.forEach(x -> operands.add(at.even(e, x)));
    List<Value> even = e.addAll(over(at, s, carried), operands, List.of(segment(p, at, whole)));
    List<Value> ends = even.subList(0, carried);
    Map<Integer, Value> shorter = new HashMap<>();
    if (at.rest() > 0) {
      List<Value> more = new ArrayList<>(ends);
      xs.forEach(x -> more.add(at.shorter(e, x)));
      Block body = shifted(e, n.blocks().get(0), at.reverse() ? 0 : at.pieces() * at.length());
      List<Value> out =
          e.addAll(
              new ControlOp.Scan(Extent.of(at.rest()), carried, s.reverse()), more, List.of(body));
      ends = out.subList(0, carried);
      for (int r = carried; r < n.results().size(); r++) {
        shorter.put(r, out.get(r));
      }
    }
    for (int k = 0; k < carried; k++) {
      stand(n.results().get(k), ends.get(k));
    }
    for (int i = 0; i < whole.size(); i++) {
      int r = whole.get(i);
      Value rows = even.get(2 * carried + i);
      stand(n.results().get(r), at.whole(e, rows, shorter.getOrDefault(r, rows)));
    }
    Map<Value, Value> leaves = new LinkedHashMap<>();
    xs.forEach(
        x -> recipe.leaves(x).forEach(v -> leaves.computeIfAbsent(v, leaf -> at.even(e, leaf))));
    cuts.put(p, new Cut(at, even.subList(carried, 2 * carried), leaves, shorter));
    account(p, at);
  }

  /// Gives what was just made the name that later nodes know it by.
  private void stand(Value old, Value made) {
    for (int i = e.nodes().size() - 1; i >= 0; i--) {
      Node n = e.nodes().get(i);
      int r = n.results().indexOf(made);
      if (r >= 0) {
        List<Value> results = new ArrayList<>(n.results());
        results.set(r, old);
        e.nodes().set(i, new Node(n.op(), n.operands(), results, n.blocks(), n.origin()));
        return;
      }
    }
    throw new AssertionError(made + " is not one of the nodes just made");
  }

  private static ControlOp.Scan over(Stretches at, ControlOp.Scan s, int carried) {
    return new ControlOp.Scan(Extent.of(at.pieces()), carried, s.reverse());
  }

  /// The forward part of one segment: leaves the carried values, writes what they were before it,
  /// and the rows that are kept whole.
  private Block segment(ScanPair p, Stretches at, List<Integer> whole) {
    ControlOp.Scan s = p.scan();
    Emit outer = e.nested();
    List<Value> params = parameters(outer, p.forward(), at, s.carried());
    List<Value> out =
        outer.addAll(
            new ControlOp.Scan(Extent.of(at.length()), s.carried(), s.reverse()),
            params.subList(1, params.size()),
            List.of(rows(outer, p.forward().blocks().get(0), params.get(0), at, s, whole)));
    List<Value> results = new ArrayList<>(out.subList(0, s.carried()));
    results.addAll(params.subList(1, 1 + s.carried()));
    results.addAll(out.subList(s.carried(), out.size()));
    return new Block(params, outer.nodes(), results);
  }

  /// The number of a segment, carried values, and the rows of a segment.
  private static List<Value> parameters(Emit into, Node n, Stretches at, int carried) {
    List<Value> params = new ArrayList<>(List.of(into.parameter(Type.of(DType.I32))));
    for (int i = 0; i < n.operands().size(); i++) {
      Type t = n.operand(i).type();
      params.add(
          into.parameter(i < carried ? t : Stretches.rows(t.without(List.of(0)), at.length())));
    }
    return params;
  }

  /// A body for the rows of a segment, which writes some of its rows only.
  private static Block rows(
      Emit around, Block body, Value segment, Stretches at, ControlOp.Scan s, List<Integer> kept) {
    Emit inner = around.nested();
    List<Value> wanted = new ArrayList<>(body.results().subList(0, s.carried()));
    kept.forEach(r -> wanted.add(body.results().get(r)));
    Value row = inner.parameter(Type.of(DType.I32));
    Cloner c = new Cloner(inner);
    c.put(body.params().get(0), row);
    if (uses(body, body.params().get(0))) {
      Value start = inner.times(segment, inner.scalar(DType.I32, at.length()));
      Value first = inner.scalar(DType.I32, at.first());
      c.put(body.params().get(0), inner.plus(inner.plus(start, first), row));
    }
    return copy(inner, c, row, body, wanted);
  }

  /// A body whose rows begin at a number other than 0.
  private static Block shifted(Emit around, Block body, int first) {
    Emit inner = around.nested();
    Value row = inner.parameter(Type.of(DType.I32));
    Cloner c = new Cloner(inner);
    c.put(
        body.params().get(0),
        first > 0 && uses(body, body.params().get(0))
            ? inner.plus(row, inner.scalar(DType.I32, first))
            : row);
    return copy(inner, c, row, body, body.results());
  }

  private static Block copy(Emit inner, Cloner c, Value row, Block body, List<Value> wanted) {
    List<Value> params = new ArrayList<>(List.of(row));
    for (Value p : body.params().subList(1, body.params().size())) {
      params.add(inner.parameter(p.type()));
      c.put(p, params.getLast());
    }
    needed(body.nodes(), wanted).forEach(c::node);
    return new Block(params, inner.nodes(), c.of(wanted));
  }

  private static boolean uses(Block b, Value v) {
    return b.results().contains(v) || b.nodes().stream().anyMatch(n -> Uses.all(n).contains(v));
  }

  /// The nodes that lead to these values.
  private static List<Node> needed(List<Node> nodes, List<Value> wanted) {
    Set<Value> used = new HashSet<>(wanted);
    List<Node> kept = new ArrayList<>();
    for (Node n : nodes.reversed()) {
      if (n.results().stream().anyMatch(used::contains)) {
        kept.add(n);
        used.addAll(Uses.all(n));
      }
    }
    return kept.reversed();
  }

  private void backward(ScanPair p) {
    Node n = p.backward();
    ControlOp.Scan b = p.back();
    Cut cut = java.util.Objects.requireNonNull(cuts.get(p));
    Stretches at = cut.at();
    int carried = b.carried();
    List<Value> rows = n.operands().subList(carried, n.operands().size());
    List<Value> start = new ArrayList<>(n.operands().subList(0, carried));
    List<Value> shorter = List.of();
    if (at.rest() > 0) {
      List<Value> operands = new ArrayList<>(start);
      for (Value x : rows) {
        int r = p.forward().results().indexOf(x);
        operands.add(p.rows().contains(r) ? value(cut.shorter(), r) : at.shorter(e, x));
      }
      Block body = shifted(e, n.blocks().get(0), at.reverse() ? 0 : at.pieces() * at.length());
      shorter =
          e.addAll(
              new ControlOp.Scan(Extent.of(at.rest()), carried, b.reverse()),
              operands,
              List.of(body));
      start = new ArrayList<>(shorter.subList(0, carried));
    }
    List<Value> operands = new ArrayList<>(start);
    operands.addAll(cut.carried());
    operands.addAll(cut.leaves().values());
    for (Value x : rows) {
      if (!p.rows().contains(p.forward().results().indexOf(x))) {
        operands.add(at.even(e, x));
      }
    }
    List<Value> even =
        e.addAll(
            new ControlOp.Scan(Extent.of(at.pieces()), carried, b.reverse()),
            operands,
            List.of(again(p, cut)));
    for (int k = 0; k < carried; k++) {
      stand(n.results().get(k), even.get(k));
    }
    for (int r = carried; r < n.results().size(); r++) {
      Value whole = at.whole(e, even.get(r), at.rest() > 0 ? shorter.get(r) : even.get(r));
      stand(n.results().get(r), whole);
    }
  }

  private static Value value(Map<Integer, Value> all, int r) {
    return java.util.Objects.requireNonNull(all.get(r), "a row of the shorter segment");
  }

  /// Backward through one segment: its rows are run again, then gone back through.
  private Block again(ScanPair p, Cut cut) {
    Stretches at = cut.at();
    Emit outer = e.nested();
    ControlOp.Scan s = p.scan();
    ControlOp.Scan b = p.back();
    Value segment = outer.parameter(Type.of(DType.I32));
    List<Value> params = new ArrayList<>(List.of(segment));
    for (Value v : p.backward().operands().subList(0, b.carried())) {
      params.add(outer.parameter(v.type()));
    }
    List<Value> first = new ArrayList<>();
    for (Value v : p.forward().operands().subList(0, s.carried())) {
      first.add(outer.parameter(v.type()));
    }
    params.addAll(first);
    Map<Value, Value> leaves = new HashMap<>();
    for (Value v : cut.leaves().keySet()) {
      params.add(outer.parameter(Stretches.rows(v.type().without(List.of(0)), at.length())));
      leaves.put(v, params.getLast());
    }
    Origin of = p.forward().origin();
    outer.origin(new Origin(of.path(), of.line(), Phase.BACKWARD, ++epoch));
    for (Value x : p.forward().operands().subList(s.carried(), p.forward().operands().size())) {
      first.add(recipe.make(outer, x, leaves, at.length()));
    }
    List<Value> made =
        outer.addAll(
            new ControlOp.Scan(Extent.of(at.length()), s.carried(), s.reverse()),
            first,
            List.of(rows(outer, p.forward().blocks().get(0), segment, at, s, p.rows())));
    outer.origin(p.backward().origin());
    List<Value> operands = new ArrayList<>(params.subList(1, 1 + b.carried()));
    for (Value x : p.backward().operands().subList(b.carried(), p.backward().operands().size())) {
      int at2 = p.rows().indexOf(p.forward().results().indexOf(x));
      if (at2 >= 0) {
        operands.add(made.get(s.carried() + at2));
      } else {
        params.add(outer.parameter(Stretches.rows(x.type().without(List.of(0)), at.length())));
        operands.add(params.getLast());
      }
    }
    List<Integer> all = new ArrayList<>();
    for (int r = b.carried(); r < p.backward().results().size(); r++) {
      all.add(r);
    }
    List<Value> out =
        outer.addAll(
            new ControlOp.Scan(Extent.of(at.length()), b.carried(), b.reverse()),
            operands,
            List.of(rows(outer, p.backward().blocks().get(0), segment, at, b, all)));
    return new Block(params, outer.nodes(), out);
  }

  private void account(ScanPair p, Stretches at) {
    Node n = p.forward();
    for (int r : p.rows()) {
      Value v = n.results().get(r);
      long kept = at.rest() == 0 ? 0 : v.type().bytes() / p.trips() * at.rest();
      remade.add(
          new Residual(
              v.toString(),
              n.origin().path(),
              "row of " + n.op().name(),
              v.type().bytes(),
              kept,
              "remade",
              List.of(p.backward().origin().path()),
              "made again in segments of "
                  + at.length()
                  + " rows, from the carried values before"));
    }
  }
}
