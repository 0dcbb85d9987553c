package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// From closed control ops to steps: each block is compiled on its own and bound to the buffers of
/// what is around it. A loop's carried values live in the buffers of its results from the first
/// trip to the last.
final class ControlLowering {
  private final Lowering lowering;
  private final Blocks blocks;
  private final boolean outermost;

  ControlLowering(Lowering lowering, Blocks blocks, boolean outermost) {
    this.lowering = lowering;
    this.blocks = blocks;
    this.outermost = outermost;
  }

  void lower(String name, Phase phase, Node n) {
    if (n.op() instanceof FrameOp f) {
      lowering.add(frame(name, phase, n, f));
      return;
    }
    ControlOp.Closed closed = (ControlOp.Closed) n.op();
    int own = n.operands().size() - closed.captured();
    List<View> captured = views(n.operands().subList(own, n.operands().size()));
    List<Value> operands = n.operands().subList(0, own);
    lowering.add(
        switch (closed.op()) {
          case ControlOp.If i -> branch(name, phase, n, operands, captured);
          case ControlOp.For f -> counted(name, phase, n, f.bound(), operands, captured);
          case ControlOp.While w -> conditional(name, phase, n, w.bound(), operands, captured);
          case ControlOp.Scan s -> scan(name, phase, n, s, operands, captured);
          case ControlOp.Call c ->
              new Step.Call(
                  name,
                  n.origin().line(),
                  phase,
                  c.function(),
                  views(operands),
                  results(n),
                  areas(n));
          case ControlOp.Region r -> throw new AssertionError(n + " was to be expanded");
          case ControlOp.Foreign f -> throw new AssertionError(n + " has no blocks");
          case ControlOp.Closed c -> throw new AssertionError(n + " is closed twice");
        });
  }

  private List<View> views(List<Value> values) {
    return values.stream().map(lowering::dense).toList();
  }

  /// Areas of functions belong to the outermost program: further in, whoever is outside names them.
  private List<Buf> areas(Node n) {
    return outermost ? blocks.areas(n) : List.of();
  }

  private List<View> results(Node n) {
    List<View> out = new ArrayList<>();
    n.results().forEach(v -> out.add(lowering.place(v)));
    return out;
  }

  private Step frame(String name, Phase phase, Node n, FrameOp f) {
    return switch (f) {
      case FrameOp.Pack p ->
          new Step.Frame(name, phase, true, lowering.place(n.result()), views(n.operands()));
      case FrameOp.Unpack u ->
          new Step.Frame(name, phase, false, lowering.dense(n.operand(0)), results(n));
    };
  }

  /// What the units of a step compute in; they never run at the same time.
  private static Buf area(String name, Unit... units) {
    long bytes = 0;
    for (Unit u : units) {
      bytes = Math.max(bytes, u.bytes());
    }
    return new Buf(Buf.Home.ARENA, name + " body", DType.U8, bytes, Tag.WORKSPACE, null);
  }

  /// A block whose parameters from `first` on, `carried` of them, and the captured ones last, are
  /// bound; further bindings are added to `bound`.
  private Unit unit(String name, Block b, int first, List<View> carried, List<View> captured) {
    Planned p = blocks.block(name, b, first, carried.size());
    Map<Buf, View> bound = new HashMap<>();
    for (int i = 0; i < carried.size(); i++) {
      bound.put(p.state("carried" + i), carried.get(i));
    }
    int from = b.params().size() - captured.size();
    for (int i = 0; i < captured.size(); i++) {
      bound.put(p.input("in" + (from + i)), captured.get(i));
    }
    return new Unit(p, bound);
  }

  private static Unit with(Unit u, Map<Buf, View> more) {
    Map<Buf, View> bound = new HashMap<>(u.bound());
    bound.putAll(more);
    return new Unit(u.planned(), bound);
  }

  private Step branch(String name, Phase phase, Node n, List<Value> operands, List<View> captured) {
    View condition = lowering.dense(operands.get(0));
    List<View> results = results(n);
    Unit yes = branch(name, n.blocks().get(0), results, captured);
    Unit no = branch(name, n.blocks().get(1), results, captured);
    return new Step.If(name, phase, condition, yes, no, area(name, yes, no), areas(n));
  }

  private Unit branch(String name, Block b, List<View> results, List<View> captured) {
    Unit u = unit(name, b, 0, List.of(), captured);
    Map<Buf, View> bound = new HashMap<>();
    for (int i = 0; i < results.size(); i++) {
      bound.put(u.planned().output("out" + i), results.get(i));
    }
    return with(u, bound);
  }

  private Buf buffer(String name, Type t) {
    return new Buf(Buf.Home.ARENA, name, t.dtype(), t.size(), Tag.WORKSPACE, null);
  }

  /// Results of a loop, holding its initial values.
  private List<View> carry(Node n, List<Value> initial) {
    List<View> out = new ArrayList<>();
    for (int i = 0; i < initial.size(); i++) {
      View v = lowering.place(n.results().get(i));
      lowering.write("carry", initial.get(i), v);
      out.add(v);
    }
    return out;
  }

  private Step counted(
      String name, Phase phase, Node n, int bound, List<Value> operands, List<View> captured) {
    View trips = lowering.dense(operands.get(0));
    List<View> carried = carry(n, operands.subList(1, operands.size()));
    return loop(name, phase, n, trips, bound, false, carried, List.of(), List.of(), captured);
  }

  private Step scan(
      String name,
      Phase phase,
      Node n,
      ControlOp.Scan s,
      List<Value> operands,
      List<View> captured) {
    List<View> carried = carry(n, operands.subList(0, s.carried()));
    List<View> in = views(operands.subList(s.carried(), operands.size()));
    List<View> out = new ArrayList<>();
    n.results().subList(s.carried(), n.results().size()).forEach(v -> out.add(lowering.place(v)));
    List<Value> params = n.blocks().get(0).params();
    int own = params.size() - captured.size();
    return switch (s.trips()) {
      case Extent.Static t -> {
        View count = lowering.number(t.n());
        int most = Integer.MAX_VALUE;
        yield loop(name, phase, n, count, most, s.reverse(), carried, in, out, captured);
      }
      case Extent.Ragged r -> {
        View count = captured.get(params.indexOf(r.count()) - own);
        int most = r.capacity();
        yield loop(name, phase, n, count, most, s.reverse(), carried, in, out, captured);
      }
    };
  }

  private Step loop(
      String name,
      Phase phase,
      Node n,
      View trips,
      int bound,
      boolean reverse,
      List<View> carried,
      List<View> in,
      List<View> out,
      List<View> captured) {
    Block b = n.blocks().get(0);
    Unit u = unit(name, b, 1, carried, captured);
    Planned p = u.planned();
    Map<Buf, View> more = new HashMap<>();
    Buf counter = buffer(name + " trip", Type.of(DType.I32));
    more.put(p.input("in0"), View.dense(counter, List.of()));
    List<Step.Row> reads = new ArrayList<>();
    List<Step.Row> writes = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      int at = 1 + carried.size() + i;
      Type t = b.params().get(at).type();
      Buf row = buffer(name + " row", t);
      more.put(p.input("in" + at), View.dense(row, t.dims()));
      reads.add(new Step.Row(in.get(i), row));
    }
    for (int i = 0; i < out.size(); i++) {
      Type t = b.results().get(carried.size() + i).type();
      Buf row = buffer(name + " row", t);
      more.put(p.output("out" + i), View.dense(row, t.dims()));
      writes.add(new Step.Row(out.get(i), row));
    }
    Unit body = with(u, more);
    return new Step.Loop(
        name,
        n.origin().line(),
        phase,
        trips,
        bound,
        reverse,
        counter,
        null,
        null,
        body,
        reads,
        writes,
        area(name, body),
        areas(n));
  }

  private Step conditional(
      String name, Phase phase, Node n, int bound, List<Value> operands, List<View> captured) {
    List<View> carried = carry(n, operands);
    Block test = n.blocks().get(0);
    Unit c = unit(name + " condition", test, 0, List.of(), captured);
    Map<Buf, View> more = new HashMap<>();
    for (int i = 0; i < carried.size(); i++) {
      more.put(c.planned().input("in" + i), carried.get(i));
    }
    Buf flag = buffer(name + " flag", Type.of(DType.BOOL));
    more.put(c.planned().output("out0"), View.dense(flag, List.of()));
    Unit condition = with(c, more);
    Unit body = unit(name, n.blocks().get(1), 0, carried, captured);
    Buf counter = buffer(name + " trip", Type.of(DType.I32));
    return new Step.Loop(
        name,
        n.origin().line(),
        phase,
        null,
        bound,
        false,
        counter,
        condition,
        flag,
        body,
        List.of(),
        List.of(),
        area(name, condition, body),
        areas(n));
  }
}
