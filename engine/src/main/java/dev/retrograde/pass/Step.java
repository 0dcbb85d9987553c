package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.loop.Kernel;
import dev.retrograde.pass.routine.Routine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// One thing that a run does.
sealed interface Step {
  String name();

  Phase phase();

  /// Buffers read and written.
  List<Buf> buffers();

  /// Whether it can fail, for reasons that are known only when it runs.
  default boolean mayFail() {
    return true;
  }

  /// Blocks that it runs.
  default List<Unit> units() {
    return List.of();
  }

  /// The same with another buffer in place of one; where the step runs blocks, in what they are
  /// bound to as well.
  Step rebound(Buf from, Buf to);

  /// How many rows a launch need be run for.
  ///
  /// @param count i32 scalar
  /// @param capacity rows that the kernel's whole outermost loop runs over, in equal parts
  record Rows(View count, int capacity) {}

  /// A kernel on buffers, one for each parameter.
  ///
  /// @param rows where the first part of the kernel's outermost loop is enough, else null
  /// @param own whether a user wrote it: nothing is known then of the order of its accesses, and no
  ///   result may take over the memory of an operand
  record Launch(
      String name,
      Phase phase,
      Kernel kernel,
      List<Buf> params,
      long macs,
      long work,
      @Nullable Rows rows,
      boolean own)
      implements Step {
    @Override
    public List<Buf> buffers() {
      if (rows == null) {
        return params;
      }
      List<Buf> all = new ArrayList<>(params);
      all.add(rows.count.buf());
      return all;
    }

    @Override
    public boolean mayFail() {
      return false;
    }

    Launch withMacs(long other) {
      return new Launch(name, phase, kernel, params, other, work, rows, own);
    }

    @Override
    public Launch rebound(Buf from, Buf to) {
      // The kernel keeps its two parameters; both may now name the same memory.
      List<Buf> bufs = params.stream().map(b -> b == from ? to : b).toList();
      Rows r =
          rows == null
              ? null
              : new Rows(views(List.of(rows.count), from, to).get(0), rows.capacity);
      return new Launch(name, phase, kernel, bufs, macs, work, r, own);
    }
  }

  /// A node evaluated on the heap: reads dense buffers, writes dense buffers.
  record Host(String name, Phase phase, Node node, List<View> in, List<View> out) implements Step {
    @Override
    public List<Buf> buffers() {
      return bufs(in, out);
    }

    @Override
    public Host rebound(Buf from, Buf to) {
      return new Host(name, phase, node, views(in, from, to), views(out, from, to));
    }
  }

  /// A node with a routine: dense operands and results, and scratch that nobody else sees.
  record Work(
      String name,
      Phase phase,
      Routine.Plan routine,
      List<View> in,
      List<View> out,
      @Nullable Buf scratch)
      implements Step {
    @Override
    public List<Buf> buffers() {
      List<Buf> all = bufs(in, out);
      if (scratch != null) {
        all.add(scratch);
      }
      return all;
    }

    @Override
    public boolean mayFail() {
      return routine.mayFail();
    }

    @Override
    public Work rebound(Buf from, Buf to) {
      return new Work(name, phase, routine, views(in, from, to), views(out, from, to), scratch);
    }
  }

  /// A node that moves rows, or a part of a tensor, to or from places known at run time; all of it
  /// dense.
  ///
  /// @param count where it is said of how many rows to move is enough, else null
  record Move(String name, Phase phase, Node node, List<View> in, View out, @Nullable View count)
      implements Step {
    @Override
    public List<Buf> buffers() {
      return bufs(in, count == null ? List.of(out) : List.of(out, count));
    }

    @Override
    public boolean mayFail() {
      return false;
    }

    @Override
    public Move rebound(Buf from, Buf to) {
      View y = views(List.of(out), from, to).get(0);
      View c = count == null ? null : views(List.of(count), from, to).get(0);
      return new Move(name, phase, node, views(in, from, to), y, c);
    }
  }

  /// Makes a frame of dense parts, or takes one apart: the handle is a number.
  record Frame(String name, Phase phase, boolean pack, View handle, List<View> parts)
      implements Step {
    @Override
    public List<Buf> buffers() {
      return bufs(List.of(handle), parts);
    }

    @Override
    public boolean mayFail() {
      return pack;
    }

    @Override
    public Frame rebound(Buf from, Buf to) {
      View h = views(List.of(handle), from, to).get(0);
      return new Frame(name, phase, pack, h, views(parts, from, to));
    }
  }

  /// A branch.
  ///
  /// @param area what its blocks compute in
  /// @param others buffers that blocks use through bindings, and areas of functions
  record If(String name, Phase phase, View condition, Unit yes, Unit no, Buf area, List<Buf> others)
      implements Step {
    @Override
    public List<Buf> buffers() {
      List<Buf> all = new ArrayList<>(List.of(condition.buf(), area));
      all.addAll(bufs(yes));
      all.addAll(bufs(no));
      all.addAll(others);
      return all;
    }

    @Override
    public List<Unit> units() {
      return List.of(yes, no);
    }

    @Override
    public boolean mayFail() {
      return units().stream().flatMap(u -> u.planned().steps().stream()).anyMatch(Step::mayFail);
    }

    @Override
    public If rebound(Buf from, Buf to) {
      View c = views(List.of(condition), from, to).get(0);
      return new If(name, phase, c, unit(yes, from, to), unit(no, from, to), area, others);
    }
  }

  /// A row of a tensor that a trip of a loop reads or writes.
  ///
  /// @param all dense, a row for each trip
  /// @param row the body's own copy
  record Row(View all, Buf row) {}

  /// A loop.
  ///
  /// @param line the user's line, or empty
  /// @param trips how often it runs, or null where `condition` says so
  /// @param most trips that there may be
  /// @param reverse last row first
  /// @param counter the body's number of the trip
  /// @param flag what the condition leaves
  record Loop(
      String name,
      String line,
      Phase phase,
      @Nullable View trips,
      int most,
      boolean reverse,
      Buf counter,
      @Nullable Unit condition,
      @Nullable Buf flag,
      Unit body,
      List<Row> in,
      List<Row> out,
      Buf area,
      List<Buf> others)
      implements Step {
    @Override
    public List<Buf> buffers() {
      List<Buf> all = new ArrayList<>(List.of(counter, area));
      if (trips != null) {
        all.add(trips.buf());
      }
      if (condition != null) {
        all.addAll(bufs(condition));
      }
      if (flag != null) {
        all.add(flag);
      }
      all.addAll(bufs(body));
      in.forEach(r -> all.addAll(List.of(r.all.buf(), r.row)));
      out.forEach(r -> all.addAll(List.of(r.all.buf(), r.row)));
      all.addAll(others);
      return all;
    }

    @Override
    public List<Unit> units() {
      return condition == null ? List.of(body) : List.of(condition, body);
    }

    /// How often it runs where that is known, else 1.
    long knownTrips() {
      HostTensor t = trips == null ? null : trips.buf().constant;
      return t == null ? 1 : t.bits(0);
    }

    /// Whether how often it runs is known before it does.
    boolean tripsKnown() {
      return trips != null && trips.buf().constant != null;
    }

    /// Whether it may run too often.
    boolean bounded() {
      return most != Integer.MAX_VALUE;
    }

    @Override
    public Loop rebound(Buf from, Buf to) {
      return new Loop(
          name,
          line,
          phase,
          trips == null ? null : views(List.of(trips), from, to).get(0),
          most,
          reverse,
          counter,
          condition == null ? null : unit(condition, from, to),
          flag,
          unit(body, from, to),
          rows(in, from, to),
          rows(out, from, to),
          area,
          others);
    }

    private static List<Row> rows(List<Row> rows, Buf from, Buf to) {
      return rows.stream()
          .map(r -> new Row(views(List.of(r.all), from, to).get(0), r.row))
          .toList();
    }
  }

  /// A call of a function of the program.
  ///
  /// @param line the user's line, or empty
  /// @param results dense and whole
  record Call(
      String name,
      String line,
      Phase phase,
      String function,
      List<View> args,
      List<View> results,
      List<Buf> others)
      implements Step {
    @Override
    public List<Buf> buffers() {
      List<Buf> all = bufs(args, results);
      all.addAll(others);
      return all;
    }

    @Override
    public Call rebound(Buf from, Buf to) {
      return new Call(
          name, line, phase, function, views(args, from, to), views(results, from, to), others);
    }
  }

  private static List<Buf> bufs(List<View> in, List<View> out) {
    List<Buf> all = new ArrayList<>();
    in.forEach(v -> all.add(v.buf()));
    out.forEach(v -> all.add(v.buf()));
    return all;
  }

  private static List<Buf> bufs(Unit unit) {
    return unit.bound().values().stream().map(View::buf).toList();
  }

  private static Unit unit(Unit u, Buf from, Buf to) {
    UnaryOperator<View> by = v -> views(List.of(v), from, to).get(0);
    java.util.Map<Buf, View> bound = new java.util.HashMap<>(u.bound());
    bound.replaceAll((k, v) -> by.apply(v));
    return new Unit(u.planned(), bound);
  }

  private static List<View> views(List<View> some, Buf from, Buf to) {
    return some.stream()
        .map(v ->
            v.buf() == from
                ? new View(to, v.offset(), v.dims(), v.strides(), v.partials(), v.partStride())
                : v)
        .toList();
  }
}
