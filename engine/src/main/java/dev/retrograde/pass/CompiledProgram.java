package dev.retrograde.pass;

import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.loop.Kernel;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.runtime.Scratch;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StepTime;
import dev.retrograde.runtime.Workers;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A planned program, linked and bound to memory.
final class CompiledProgram implements Executable {
  private final Planned planned;
  private final Program program;
  private final KernelCompiler compiler;
  private final Arena arena;
  private final Thread owner = Thread.currentThread();
  private final Compiled compiled;
  private final Map<String, MemorySegment> inputs = new LinkedHashMap<>();
  private final Map<String, MemorySegment> outputs = new LinkedHashMap<>();
  private final Runner runner;
  private final MemoryReport memory;

  /// Where each step begins, and the end.
  private final int[] starts;

  private final StateStore state;
  private final Scratch scratch;

  CompiledProgram(
      Planned planned,
      StateStore state,
      Scratch scratch,
      Target.Options options,
      String target,
      KernelCompiler compiler,
      Arena arena,
      long start) {
    this.planned = planned;
    this.program = planned.program();
    this.compiler = compiler;
    this.arena = arena;
    this.state = state;
    this.scratch = scratch;
    this.memory = planned.memory();
    Linker linker = new Linker(compiler, arena, options.threads() > 1, planned.blocks());
    planned.states().forEach((name, b) -> linker.place(b, state.segment(name)));
    planned.inputs().forEach((name, b) -> inputs.put(name, own(b)));
    planned.outputs().forEach((name, b) -> outputs.put(name, own(b)));
    inputs.forEach((name, m) -> linker.place(planned.input(name), m));
    outputs.forEach((name, m) -> linker.place(planned.output(name), m));
    starts = linker.program(planned, scratch.memory());
    Workers workers = linker.splits() ? new Workers(options.threads()) : null;
    runner = new Runner(program.name(), compiler, options.memory(), workers);
    reserve(planned.frames().bytes());
    runner.load(linker.code(), linker.sites());
    compiled =
        new Compiled(
            target,
            planned.allSteps().size(),
            linker.distinct(),
            compiler.codeBytes(),
            System.nanoTime() - start,
            planned.macs());
  }

  private void reserve(long frames) {
    try {
      runner.reserve(frames);
    } catch (RuntimeException | Error x) {
      runner.close();
      throw x;
    }
  }

  /// Memory of its own, with slack that the caller does not see.
  private MemorySegment own(Buf b) {
    return arena.allocate(b.bytes() + Planned.SLACK, 64).asSlice(0, b.bytes());
  }

  @Override
  public Program program() {
    return program;
  }

  @Override
  public MemorySegment input(String name) {
    return named("input", inputs, name);
  }

  @Override
  public MemorySegment output(String name) {
    return named("output", outputs, name);
  }

  private MemorySegment named(String what, Map<String, MemorySegment> all, String name) {
    check();
    MemorySegment m = all.get(name);
    if (m == null) {
      throw new IllegalArgumentException("no " + what + " '" + name + "' in " + all.keySet());
    }
    return m;
  }

  private void check() {
    if (Thread.currentThread() != owner) {
      throw new WrongThreadException(
          "program '" + program.name() + "' was compiled by " + owner + " and belongs to it");
    }
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("program '" + program.name() + "' is closed");
    }
  }

  @Override
  public void run() {
    check();
    state.enter(program.name());
    try {
      runner.begin();
      runner.runAll(starts[starts.length - 1]);
    } finally {
      state.leave();
    }
  }

  @Override
  public List<StepTime> profile() {
    check();
    state.enter(program.name());
    try {
      return times();
    } finally {
      state.leave();
    }
  }

  private List<StepTime> times() {
    List<StepTime> times = new ArrayList<>();
    runner.begin();
    for (int i = 0; i < planned.steps().size(); i++) {
      long start = System.nanoTime();
      runner.run(starts[i], starts[i + 1]);
      long nanos = System.nanoTime() - start;
      Step s = planned.steps().get(i);
      long macs = s instanceof Step.Launch l ? l.macs() : 0;
      times.add(new StepTime(s.name(), s.phase(), macs, nanos));
    }
    return times;
  }

  @Override
  public Listing listing() {
    check();
    Map<Kernel, Integer> index = new LinkedHashMap<>();
    List<Listing.Launch> launches = new ArrayList<>();
    for (Step s : planned.allSteps()) {
      List<String> names = s.buffers().stream().map(b -> b.name).toList();
      String phase = s.phase().name().toLowerCase(java.util.Locale.ROOT);
      launches.add(
          switch (s) {
            case Step.Launch l ->
                new Listing.Launch(
                    l.name(),
                    phase,
                    index.computeIfAbsent(l.kernel(), k -> index.size()),
                    l.macs(),
                    names);
            case Step.Host _ -> new Listing.Launch(s.name(), phase, Listing.Launch.HEAP, 0, names);
            case Step.Work _, Step.Move _, Step.Frame _, Step.If _, Step.Loop _, Step.Call _ ->
                new Listing.Launch(s.name(), phase, Listing.Launch.NONE, 0, names);
          });
    }
    List<Listing.Text> texts = new ArrayList<>();
    for (Kernel k : index.keySet()) {
      texts.add(new Listing.Text(k.text(), compiler.compile(k).listing()));
    }
    List<Listing.Stage> stages =
        List.of(
            new Listing.Stage("trace, autodiff, choice", Printer.print(program)),
            new Listing.Stage("simplify", Printer.print(planned.simple())));
    return new Listing(stages, launches, texts);
  }

  @Override
  public MemoryReport memory() {
    return memory;
  }

  @Override
  public Reservation reserved() {
    Reservation alone = planned.reserved();
    return new Reservation(state.reservedBytes(), alone.own(), alone.arena(), runner.reserved());
  }

  @Override
  public long frameBytes() {
    return runner.used();
  }

  @Override
  public Compiled compiled() {
    return compiled;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      if (Thread.currentThread() != owner) {
        throw new WrongThreadException("program '" + program.name() + "' belongs to " + owner);
      }
      runner.close();
      compiler.close();
      arena.close();
      state.release(scratch);
    }
  }
}
