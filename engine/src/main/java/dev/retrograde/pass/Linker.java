package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.loop.Kernel;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import dev.retrograde.target.KernelCompiler.CompiledKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// From planned steps to instructions: compiles each kernel once, gives every buffer its memory,
/// and lays blocks and functions out one after another with jumps between them.
final class Linker {
  /// Statements, some 30 microseconds of them, below which a second thread may cost more than it
  /// brings: it may have to be woken.
  private static final long WORTH_THREADS = 300_000;

  private final KernelCompiler compiler;
  private final Arena arena;
  private final boolean threads;
  private final Blocks blocks;
  private final Map<Kernel, CompiledKernel> distinct = new HashMap<>();
  private final Map<Buf, MemorySegment> memory = new HashMap<>();
  private final List<Instruction> code = new ArrayList<>();
  private final List<Instruction.Call> sites = new ArrayList<>();
  private final Map<Instruction.Call, String> callees = new HashMap<>();
  private final Map<String, Integer> entries = new TreeMap<>();
  private boolean splits;

  /// A step that has not ended, in the steps that it is one of.
  private record Level(List<Step> steps, int at) {}

  /// @param arena of constants
  /// @param threads whether there is more than one
  Linker(KernelCompiler compiler, Arena arena, boolean threads, Blocks blocks) {
    this.compiler = compiler;
    this.arena = arena;
    this.threads = threads;
    this.blocks = blocks;
  }

  /// Gives a buffer its memory.
  void place(Buf b, MemorySegment m) {
    memory.put(b, m);
  }

  /// Links a program whose state, inputs and outputs have their places.
  ///
  /// @param block what it computes in
  /// @return where each step begins, and the end
  int[] program(Planned p, MemorySegment block) {
    places(p, block);
    compile(p);
    for (Blocks.Function f : blocks.functions().values()) {
      function(p, f);
    }
    int[] starts = new int[p.steps().size() + 1];
    for (int i = 0; i < p.steps().size(); i++) {
      starts[i] = code.size();
      step(p.steps().get(i), "", List.of(new Level(p.steps(), i)));
    }
    starts[p.steps().size()] = code.size();
    code.add(new Instruction.Return()); // never reached: a run ends before it
    blocks
        .functions()
        .forEach((name, f) -> {
          entries.put(name, code.size());
          steps(f.planned().steps(), name, List.of());
          code.add(new Instruction.Return());
        });
    callees.forEach((call, name) -> call.entry = entries.getOrDefault(name, -1));
    return starts;
  }

  /// Compiles each kernel once, all before the first is bound, so that they are loaded together.
  /// Profilers show the first step that runs it, and how many others do.
  private void compile(Planned p) {
    Map<Kernel, List<String>> users = new LinkedHashMap<>();
    for (Step s : p.allSteps()) {
      if (s instanceof Step.Launch l) {
        users.computeIfAbsent(l.kernel(), k -> new ArrayList<>()).add(l.name());
      }
    }
    users.forEach((k, all) -> {
      String more = all.size() > 1 ? " and " + (all.size() - 1) + " more" : "";
      String name = p.program().name() + ": " + all.get(0) + more;
      distinct.put(k, compiler.compile(k, name));
    });
  }

  List<Instruction> code() {
    return code;
  }

  List<Instruction.Call> sites() {
    return sites;
  }

  /// Kernels of different code.
  int distinct() {
    return distinct.size();
  }

  /// Whether any kernel is worth several threads.
  boolean splits() {
    return splits;
  }

  // Memory.

  /// Places what a program or a block computes in, and all that is inside of it.
  private void places(Planned p, MemorySegment block) {
    for (Step s : p.steps()) {
      for (Buf b : s.buffers()) {
        if (b.home == Buf.Home.CONSTANT) {
          memory.computeIfAbsent(b, this::constant);
        } else if (b.home == Buf.Home.ARENA) {
          memory.computeIfAbsent(b, x -> block.asSlice(p.plan().offset(x), x.bytes()));
        }
      }
    }
    for (Step s : p.steps()) {
      for (Unit u : s.units()) {
        u.bound().forEach((inner, outer) -> memory.put(inner, at(outer)));
        places(u.planned(), segment(area(s)));
      }
    }
  }

  private static Buf area(Step s) {
    return switch (s) {
      case Step.If i -> i.area();
      case Step.Loop l -> l.area();
      case Step.Launch _, Step.Host _, Step.Work _, Step.Move _, Step.Frame _, Step.Call _ ->
          throw new AssertionError(s + " runs no blocks");
    };
  }

  private void function(Planned whole, Blocks.Function f) {
    MemorySegment area = memory.get(f.area());
    if (area == null) {
      throw new AssertionError(f.area() + " has no memory");
    }
    f.at().forEach((b, at) -> memory.put(b, area.asSlice(at, b.bytes())));
    f.globals()
        .forEach((b, name) -> {
          Buf global =
              name.startsWith(Blocks.Function.STATE)
                  ? whole.state(name.substring(Blocks.Function.STATE.length()))
                  : whole.input(name.substring(Blocks.Function.INPUT.length()));
          memory.put(b, segment(global));
        });
    places(f.planned(), area);
  }

  MemorySegment segment(Buf b) {
    MemorySegment m = memory.get(b);
    if (m == null) {
      throw new AssertionError(b + " has no memory");
    }
    return m;
  }

  private MemorySegment at(View v) {
    Type t = Type.of(v.buf().dtype, v.dims());
    return segment(v.buf()).asSlice(v.offset() * v.buf().dtype.bytes(), t.bytes());
  }

  private MemorySegment constant(Buf b) {
    MemorySegment m = arena.allocate(b.bytes() + Planned.SLACK, 64).asSlice(0, b.bytes());
    HostTensor t = b.constant;
    if (t == null) {
      throw new AssertionError(b + " has no value");
    }
    Segments.write(m, t);
    return m;
  }

  // Code.

  /// @param function that the steps are in, empty for the program itself
  /// @param around steps that have not ended, outermost first
  private void steps(List<Step> steps, String function, List<Level> around) {
    for (int i = 0; i < steps.size(); i++) {
      List<Level> levels = new ArrayList<>(around);
      levels.add(new Level(steps, i));
      step(steps.get(i), function, levels);
    }
  }

  private void step(Step s, String function, List<Level> levels) {
    switch (s) {
      case Step.Launch l -> launch(l);
      case Step.Host h ->
          code.add(new Instruction.Host(h.node(), hostPlaces(h.in()), hostPlaces(h.out())));
      case Step.Work k -> code.add(work(k));
      case Step.Move m -> code.add(move(m));
      case Step.Frame f -> frame(f);
      case Step.If i -> branch(i, function, levels);
      case Step.Loop l -> {
        Instruction.Count count =
            new Instruction.Count(segment(l.counter()), l.most(), named(l.name(), l.line()));
        View trips = l.trips();
        if (trips == null) {
          conditional(l, count, function, levels);
        } else {
          counted(l, count, at(trips), function, levels);
        }
      }
      case Step.Call c -> call(c, function, levels);
    }
  }

  private static String named(String name, String line) {
    return "'" + name + "'" + (line.isEmpty() ? "" : " (" + line + ")");
  }

  private List<Instruction.Host.Place> hostPlaces(List<View> views) {
    return views.stream()
        .map(v -> new Instruction.Host.Place(at(v), Type.of(v.buf().dtype, v.dims())))
        .toList();
  }

  private void launch(Step.Launch l) {
    CompiledKernel k = distinct.get(l.kernel());
    if (k == null) {
      throw new AssertionError(l + " was not compiled");
    }
    boolean split = threads && l.kernel().extent() > 1 && l.work() > WORTH_THREADS;
    splits |= split;
    BoundKernel bound = k.bind(l.params().stream().map(this::segment).toList());
    Step.Rows rows = l.rows();
    code.add(
        rows == null
            ? new Instruction.Launch(bound, l.kernel().extent(), split)
            : new Instruction.LaunchRows(
                bound, l.kernel().extent(), split, at(rows.count()), rows.capacity()));
  }

  private Instruction work(Step.Work k) {
    Buf s = k.scratch();
    List<MemorySegment> in = k.in().stream().map(this::at).toList();
    List<MemorySegment> out = k.out().stream().map(this::at).toList();
    MemorySegment scratch = s == null ? MemorySegment.NULL : segment(s);
    return new Instruction.Work(k.routine().maker().on(in, out, scratch));
  }

  private Instruction move(Step.Move m) {
    List<MemorySegment> in = m.in().stream().map(this::at).toList();
    MemorySegment out = at(m.out());
    DType d = m.out().buf().dtype;
    View counted = m.count();
    MemorySegment count = counted == null ? null : at(counted);
    return switch (m.node().op()) {
      case MoveOp.ScatterAdd _ -> {
        List<Integer> dims = m.out().dims();
        long row = Fusion.size(dims.subList(1, dims.size()));
        yield new RowInstruction.Add(in.get(0), in.get(1), count, out, d, row);
      }
      case RowOp.SetRows _ -> {
        long row = Fusion.size(m.out().dims().subList(1, m.out().dims().size())) * d.bytes();
        yield new RowInstruction.Replace(in.get(0), in.get(1), in.get(2), count, out, row);
      }
      case MoveOp.Slice s -> {
        List<Integer> dims = m.in().get(0).dims();
        yield new RowInstruction.Part(
            in.get(0), in.get(1), out, true, dims, s.sizes(), s.strides(), d.bytes());
      }
      case MoveOp.Unslice u -> {
        List<Integer> sizes = m.in().get(0).dims();
        yield new RowInstruction.Part(
            out, in.get(1), in.get(0), false, m.out().dims(), sizes, u.strides(), d.bytes());
      }
      default -> throw new AssertionError(m.node() + " moves no rows");
    };
  }

  private void frame(Step.Frame f) {
    MemorySegment handle = at(f.handle());
    MemorySegment[] parts = f.parts().stream().map(this::at).toArray(MemorySegment[]::new);
    long bytes = f.parts().stream().mapToLong(v -> at(v).byteSize()).sum();
    code.add(
        f.pack()
            ? new Instruction.Pack(handle, parts, bytes)
            : new Instruction.Unpack(handle, parts));
  }

  private void branch(Step.If i, String function, List<Level> levels) {
    Instruction.Unless unless = new Instruction.Unless(at(i.condition()));
    code.add(unless);
    steps(i.yes().planned().steps(), function, levels);
    Instruction.Jump end = new Instruction.Jump();
    code.add(end);
    unless.to = code.size();
    steps(i.no().planned().steps(), function, levels);
    end.to = code.size();
  }

  private void counted(
      Step.Loop l,
      Instruction.Count count,
      MemorySegment trips,
      String function,
      List<Level> levels) {
    Instruction.Begin begin = new Instruction.Begin(count, trips, l.reverse());
    code.add(begin);
    int body = code.size();
    l.in().forEach(r -> code.add(row(count, r, true)));
    steps(l.body().planned().steps(), function, levels);
    l.out().forEach(r -> code.add(row(count, r, false)));
    code.add(new Instruction.Next(count, trips, l.reverse(), body));
    begin.end = code.size();
  }

  private Instruction row(Instruction.Count count, Step.Row r, boolean read) {
    return new Instruction.Row(count, at(r.all()), segment(r.row()), read);
  }

  private void conditional(
      Step.Loop l, Instruction.Count count, String function, List<Level> levels) {
    Unit condition = l.condition();
    Buf flag = l.flag();
    if (condition == null || flag == null) {
      throw new AssertionError(l + " has no condition");
    }
    code.add(new Instruction.Reset(count));
    int top = code.size();
    steps(condition.planned().steps(), function, levels);
    Instruction.Unless unless = new Instruction.Unless(segment(flag));
    code.add(unless);
    code.add(new Instruction.Trip(count));
    steps(l.body().planned().steps(), function, levels);
    Instruction.Jump back = new Instruction.Jump();
    back.to = top;
    code.add(back);
    unless.to = code.size();
  }

  private void call(Step.Call c, String function, List<Level> levels) {
    Blocks.Function f = blocks.functions().get(c.function());
    if (f == null) {
      throw new AssertionError("function '" + c.function() + "' is not compiled");
    }
    List<Instruction.Move> args = new ArrayList<>();
    for (int i = 0; i < c.args().size(); i++) {
      args.add(new Instruction.Move(at(c.args().get(i)), segment(f.params().get(i))));
    }
    List<Instruction.Move> results = new ArrayList<>();
    for (int i = 0; i < c.results().size(); i++) {
      results.add(new Instruction.Move(segment(f.results().get(i)), at(c.results().get(i))));
    }
    boolean again = !function.isEmpty() && f.calls().contains(function);
    List<MemorySegment> keep = again ? new Live(levels, caller(function)).segments() : List.of();
    String where = named(c.function(), c.line());
    Instruction.Call call = new Instruction.Call(sites.size(), where, args, results, keep, again);
    sites.add(call);
    callees.put(call, c.function());
    code.add(call);
  }

  private Blocks.Function caller(String function) {
    Blocks.Function f = blocks.functions().get(function);
    if (f == null) {
      throw new AssertionError("function '" + function + "' is not compiled");
    }
    return f;
  }

  /// What a caller still needs after a call: what its steps made before and read later, its
  /// parameters and results among it, and whatever steps around the call use.
  private final class Live {
    private final TreeMap<Long, Long> ranges = new TreeMap<>();
    private final MemorySegment area;

    Live(List<Level> levels, Blocks.Function f) {
      area = segment(f.area());
      for (int k = 0; k < levels.size(); k++) {
        Level level = levels.get(k);
        boolean innermost = k == levels.size() - 1;
        Map<Buf, Lives.Life> lives = Lives.of(level.steps());
        if (k == 0) {
          f.params()
              .forEach(b -> lives.computeIfPresent(b, (x, l) -> new Lives.Life(-1, l.last())));
          f.results()
              .forEach(b ->
                  lives.computeIfPresent(
                      b, (x, l) -> new Lives.Life(l.first(), Integer.MAX_VALUE)));
        }
        Step around = level.steps().get(level.at());
        Buf own = innermost ? null : area(around);
        lives.forEach((b, l) -> {
          boolean alive =
              innermost
                  ? l.first() < level.at() && l.last() > level.at()
                  : l.first() <= level.at() && l.last() >= level.at();
          if (alive && b != own) {
            keep(segment(b));
          }
        });
      }
    }

    /// Keeps what lies in the function's area, ranges that touch as one.
    private void keep(MemorySegment m) {
      long from = m.address() - area.address();
      long to = from + m.byteSize();
      if (from < 0 || to > area.byteSize() || from == to) {
        return;
      }
      Map.Entry<Long, Long> before = ranges.floorEntry(from);
      if (before != null && before.getValue() >= from) {
        from = before.getKey();
        to = Math.max(to, before.getValue());
      }
      Map.Entry<Long, Long> after = ranges.ceilingEntry(from);
      while (after != null && after.getKey() <= to) {
        to = Math.max(to, after.getValue());
        ranges.remove(after.getKey());
        after = ranges.ceilingEntry(from);
      }
      ranges.put(from, to);
    }

    List<MemorySegment> segments() {
      List<MemorySegment> out = new ArrayList<>();
      ranges.forEach((from, to) -> out.add(area.asSlice(from, to - from)));
      return out;
    }
  }
}
