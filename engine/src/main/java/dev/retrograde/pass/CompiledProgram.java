package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.loop.Kernel;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.runtime.Scratch;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.runtime.StepTime;
import dev.retrograde.runtime.Workers;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import dev.retrograde.target.KernelCompiler.CompiledKernel;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Steps bound to memory.
final class CompiledProgram implements Executable {
  /// Statements, some 30 microseconds of them, below which a second thread may cost more than it
  /// brings: it may have to be woken.
  private static final long WORTH_THREADS = 300_000;

  private final Planned planned;
  private final Program program;
  private final KernelCompiler compiler;
  private final Arena arena;
  private final Thread owner = Thread.currentThread();
  private final Compiled compiled;
  private final Map<String, MemorySegment> inputs = new LinkedHashMap<>();
  private final Map<String, MemorySegment> outputs = new LinkedHashMap<>();
  private final Map<Buf, MemorySegment> memory = new HashMap<>();
  private final BoundKernel[] kernels;
  private final long[] extents;
  private final boolean[] split;
  private final Step.@Nullable Host[] hosts;
  private final @Nullable Workers workers;
  private final Parts parts = new Parts();
  private final List<Step> steps;
  private final StateStore state;
  private final Scratch scratch;

  /// The job of one kernel, reused so that a run allocates nothing.
  private static final class Parts implements Workers.Job {
    private @Nullable BoundKernel kernel;
    private long extent;

    @Override
    public void part(int part, int of) {
      BoundKernel k = kernel;
      if (k != null) {
        long from = extent * part / of;
        long to = extent * (part + 1) / of;
        if (from < to) {
          k.run(from, to);
        }
      }
    }
  }

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
    this.steps = planned.steps();
    MemoryPlan plan = planned.plan();
    this.scratch = scratch;
    MemorySegment block = scratch.memory();
    planned.states().forEach((name, b) -> memory.put(b, state.segment(name)));
    planned.inputs().forEach((name, b) -> inputs.put(name, own(b)));
    planned.outputs().forEach((name, b) -> outputs.put(name, own(b)));
    kernels = new BoundKernel[steps.size()];
    extents = new long[steps.size()];
    split = new boolean[steps.size()];
    hosts = new Step.Host[steps.size()];
    Map<Kernel, CompiledKernel> distinct = new HashMap<>();
    boolean threads = false;
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      for (Buf b : s.buffers()) {
        memory.computeIfAbsent(
            b,
            x ->
                x.home == Buf.Home.CONSTANT
                    ? constant(x)
                    : block.asSlice(plan.offset(x), x.bytes()));
      }
      switch (s) {
        case Step.Launch l -> {
          CompiledKernel k = distinct.computeIfAbsent(l.kernel(), compiler::compile);
          kernels[i] = k.bind(l.buffers().stream().map(this::segment).toList());
          extents[i] = l.kernel().extent();
          split[i] = l.kernel().extent() > 1 && l.work() > WORTH_THREADS && options.threads() > 1;
          threads |= split[i];
        }
        case Step.Host h -> hosts[i] = h;
      }
    }
    workers = threads ? new Workers(options.threads()) : null;
    compiled =
        new Compiled(
            target,
            steps.size(),
            distinct.size(),
            compiler.codeBytes(),
            System.nanoTime() - start,
            planned.macs());
  }

  private MemorySegment segment(Buf b) {
    MemorySegment m = memory.get(b);
    if (m == null) {
      throw new AssertionError(b + " has no memory");
    }
    return m;
  }

  /// Memory of its own, with slack that the caller does not see.
  private MemorySegment own(Buf b) {
    MemorySegment m = arena.allocate(b.bytes() + Planned.SLACK, 64).asSlice(0, b.bytes());
    memory.put(b, m);
    return m;
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
      for (int i = 0; i < kernels.length; i++) {
        run(i);
      }
    } finally {
      state.leave();
    }
  }

  private void run(int i) {
    BoundKernel k = kernels[i];
    if (k == null) {
      host(java.util.Objects.requireNonNull(hosts[i]));
    } else if (split[i] && workers != null) {
      parts.kernel = k;
      parts.extent = extents[i];
      workers.run(parts);
    } else {
      k.run(0, extents[i]);
    }
  }

  private void host(Step.Host h) {
    List<HostTensor> in = new ArrayList<>();
    for (View v : h.in()) {
      in.add(Segments.read(place(v), Type.of(v.buf().dtype, v.dims())));
    }
    List<Type> types = h.out().stream().map(v -> Type.of(v.buf().dtype, v.dims())).toList();
    List<HostTensor> out = h.node().op().eval(in, types);
    for (int i = 0; i < out.size(); i++) {
      Segments.write(place(h.out().get(i)), out.get(i));
    }
  }

  private MemorySegment place(View v) {
    return segment(v.buf()).asSlice(v.offset() * v.buf().dtype.bytes());
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
    for (int i = 0; i < kernels.length; i++) {
      long start = System.nanoTime();
      run(i);
      long nanos = System.nanoTime() - start;
      Step s = steps.get(i);
      long macs =
          switch (s) {
            case Step.Launch l -> l.macs();
            case Step.Host _ -> 0;
          };
      times.add(new StepTime(s.name(), s.phase(), macs, nanos));
    }
    return times;
  }

  @Override
  public Listing listing() {
    check();
    Map<Kernel, Integer> index = new LinkedHashMap<>();
    List<Listing.Launch> launches = new ArrayList<>();
    for (Step s : steps) {
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
            case Step.Host h -> new Listing.Launch(h.name(), phase, -1, 0, names);
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
    return planned.plan().report();
  }

  @Override
  public Reservation reserved() {
    Reservation alone = planned.reserved();
    return new Reservation(state.reservedBytes(), alone.own(), alone.arena());
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
      if (workers != null) {
        workers.close();
      }
      compiler.close();
      arena.close();
      state.release(scratch);
    }
  }
}
