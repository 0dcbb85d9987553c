package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reverse mode of `For` and `While`: the forward loop chains a frame of residuals for each trip
/// behind a carried handle, and a counted loop backward takes them off, last trip first.
///
/// A `While` also counts its trips. A body whose backward part reads nothing of it leaves no
/// frames. The number of a trip is not kept but counted down.
final class Loops {
  private static final Type COUNT = Type.of(DType.I32);

  private final Walk w;
  private final Node n;
  private final boolean counted;
  private final Block body;
  private final List<Value> initial;
  private final Trip trip;
  private final List<Value> residuals;

  private Loops(Walk w, Node n, boolean counted, Trip trip) {
    this.w = w;
    this.n = n;
    this.counted = counted;
    this.body = n.blocks().getLast();
    this.initial = initial(n, counted);
    this.trip = trip;
    Emit zeros = w.back().nested();
    trip.split().keep(trip.results(zeros));
    this.residuals = trip.split().residuals(index());
  }

  private static List<Value> initial(Node n, boolean counted) {
    return counted ? n.operands().subList(1, n.operands().size()) : n.operands();
  }

  /// Whether all that is wanted got a cotangent.
  static boolean back(Walk w, Node n, List<Value> captured) {
    boolean counted = n.op() instanceof ControlOp.For;
    Block body = n.blocks().getLast();
    List<Value> initial = initial(n, counted);
    boolean[] arriving = new boolean[initial.size()];
    boolean[] active = new boolean[initial.size()];
    boolean all = true;
    for (int k = 0; k < arriving.length; k++) {
      arriving[k] = w.cotangent(n.results().get(k)) != null;
      active[k] = w.wants(initial.get(k));
    }
    Trip trip =
        Trip.of(
            w,
            body,
            new Trip.Loop(
                counted ? 1 : 0, arriving, active, List.of(), List.of(), captured, Set.of()));
    for (int k = 0; k < arriving.length; k++) {
      all &= !active[k] || trip.carried().containsKey(k);
    }
    if (!trip.reachesNothing()) {
      new Loops(w, n, counted, trip).run();
    }
    return all && Walk.all(captured, trip.sums().keySet());
  }

  /// The number of the trip, where the body has it.
  private List<Value> index() {
    return counted ? List.of(body.params().get(0)) : List.of();
  }

  private void run() {
    Value frame = residuals.isEmpty() ? null : w.forward().parameter(FrameOp.HANDLE);
    Value trips = counted ? n.operand(0) : w.forward().parameter(COUNT);
    if (frame != null || !counted) {
      extend(frame, counted ? null : trips);
    }
    Emit e = w.back();
    List<Value> operands = new ArrayList<>(List.of(trips));
    if (frame != null) {
      operands.add(frame);
    }
    operands.addAll(trip.start(w, n.results()));
    int bound = n.op() instanceof ControlOp.While l ? l.bound() : ((ControlOp.For) n.op()).bound();
    List<Value> out =
        e.addAll(new ControlOp.For(bound), operands, List.of(backward(trips, frame != null)));
    trip.finish(w, initial, frame == null ? out : out.subList(1, out.size()));
  }

  /// Puts the loop that leaves frames, and counts if it has to, in the place of the loop.
  private void extend(@Nullable Value frame, @Nullable Value count) {
    Emit start = w.forward().nested();
    start.origin(n.origin());
    List<Value> operands = new ArrayList<>();
    List<Value> params = new ArrayList<>();
    List<Value> ends = new ArrayList<>();
    List<Value> results = new ArrayList<>();
    Split s = trip.split();
    if (count != null) {
      operands.add(start.scalar(DType.I32, 0));
      Value before = start.parameter(COUNT);
      params.add(before);
      Emit tail = s.tail();
      ends.add(tail.plus(before, tail.scalar(DType.I32, 1)));
      results.add(count);
    }
    if (frame != null) {
      operands.add(start.add(new FrameOp.Pack()));
      Value before = start.parameter(FrameOp.HANDLE);
      params.add(before);
      ends.add(s.pack(Split.join(List.of(before), residuals)));
      results.add(frame);
    }
    List<Block> blocks = new ArrayList<>();
    if (!counted) {
      Block c = n.blocks().get(0);
      List<Value> more = params.stream().map(p -> start.parameter(p.type())).toList();
      blocks.add(new Block(Split.join(c.params(), more), c.nodes(), c.results()));
    }
    blocks.add(s.forward(params, ends));
    List<Node> by = new ArrayList<>(start.nodes());
    by.add(
        new Node(
            n.op(),
            Split.join(n.operands(), operands),
            Split.join(n.results(), results),
            blocks,
            n.origin()));
    w.forward().replace(n, by);
  }

  private Block backward(Value trips, boolean framed) {
    Emit e = w.back().nested();
    Value j = e.parameter(COUNT);
    List<Value> params = new ArrayList<>(List.of(j));
    List<Value> ends = new ArrayList<>();
    Map<Value, Value> known = new HashMap<>();
    if (framed) {
      Value frame = e.parameter(FrameOp.HANDLE);
      params.add(frame);
      List<Type> types = Split.join(List.of(FrameOp.HANDLE), Split.types(residuals));
      List<Value> parts = e.addAll(new FrameOp.Unpack(types), List.of(frame), List.of());
      ends.add(parts.get(0));
      known.putAll(Trip.pairs(residuals, parts.subList(1, parts.size())));
    }
    for (Value i : index()) {
      if (trip.split().reads(i)) {
        Value last = e.map(Primitive.SUB, trips, e.scalar(DType.I32, 1));
        known.put(i, e.minus(last, j));
      }
    }
    params.addAll(trip.params());
    ends.addAll(trip.split().replay(e, known, trip.results(e)));
    return new Block(params, e.nodes(), ends);
  }
}
