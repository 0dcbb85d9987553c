package dev.retrograde.pass;

import dev.retrograde.runtime.MemoryLimit;
import dev.retrograde.runtime.Workers;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs the instructions of a program. What differs from run to run is here: the stack of frames,
/// which is emptied when a run begins, and the stack of calls, with what their callers put aside.
///
/// Depth of recursion costs memory of these two, never of the thread's stack. Both grow when they
/// are full; handles of frames are distances, so that growing moves nothing that a kernel knows.
/// Warm runs allocate nothing.
final class Runner {
  /// Calls that may be open at a time; deeper recursion is taken for endless.
  private static final int DEPTH = 1 << 24;

  private final String program;
  private final KernelCompiler compiler;
  private final MemoryLimit limit;
  private final @Nullable Workers workers;
  private final Parts parts = new Parts();
  private final Stack frames = new Stack();
  private final Stack aside = new Stack();
  private int[] calls = new int[64];
  private int depth;
  private Instruction[] code = {};
  private Instruction[] joined = {};
  private Instruction.Call[] sites = {};

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

  /// Memory that is taken and given back at one end.
  private static final class Stack {
    private @Nullable Arena arena;
    private MemorySegment memory = MemorySegment.NULL;
    private long top;
    private long most;

    void close() {
      if (arena != null) {
        arena.close();
      }
    }
  }

  Runner(String program, KernelCompiler compiler, MemoryLimit limit, @Nullable Workers workers) {
    this.program = program;
    this.compiler = compiler;
    this.limit = limit;
    this.workers = workers;
  }

  /// @param sites calls, each at the number that it pushes
  void load(List<Instruction> instructions, List<Instruction.Call> callSites) {
    code = instructions.toArray(Instruction[]::new);
    joined = joined(code);
    sites = callSites.toArray(Instruction.Call[]::new);
  }

  /// Begins a run.
  void begin() {
    frames.top = 0;
    frames.most = 0;
    aside.top = 0;
    aside.most = 0;
    depth = 0;
  }

  /// Runs from one instruction until another is next, kernel by kernel.
  void run(int from, int to) {
    run(code, from, to);
  }

  /// Runs from the first instruction until another is next, which is no kernel.
  void runAll(int to) {
    run(joined, 0, to);
  }

  private void run(Instruction[] of, int from, int to) {
    int pc = from;
    while (pc != to) {
      pc = of[pc].run(this, pc);
    }
  }

  /// The same with kernels in a row as one instruction at the place of the first. Whoever jumps
  /// into the middle of a row finds the others where they were.
  private Instruction[] joined(Instruction[] single) {
    Instruction[] out = single.clone();
    int from = 0;
    for (int i = 0; i <= single.length; i++) {
      if (i < single.length && single[i] instanceof Instruction.Launch l && !splits(l)) {
        continue;
      }
      if (i - from > 1) {
        List<KernelCompiler.Part> parts = new ArrayList<>();
        for (Instruction each : Arrays.asList(single).subList(from, i)) {
          Instruction.Launch l = (Instruction.Launch) each;
          parts.add(new KernelCompiler.Part(l.kernel(), l.extent()));
        }
        out[from] = new Instruction.Sequence(compiler.sequence(parts), parts.size());
      }
      from = i + 1;
    }
    return out;
  }

  private boolean splits(Instruction.Launch l) {
    return l.split() && workers != null;
  }

  // Kernels.

  void launch(BoundKernel kernel, long extent, boolean split) {
    if (split && workers != null) {
      parts.kernel = kernel;
      parts.extent = extent;
      workers.run(parts);
    } else {
      kernel.run(0, extent);
    }
  }

  // Frames.

  /// Takes memory for a frame; returns where it begins.
  long frame(long bytes) {
    return take(frames, bytes, "frames for the backward pass");
  }

  MemorySegment frames() {
    return frames.memory;
  }

  // Calls.

  /// Takes memory for what a caller puts aside; returns where it begins.
  long putAside(long bytes) {
    return take(aside, bytes, "open calls");
  }

  void takeBack(long bytes) {
    aside.top -= bytes;
  }

  MemorySegment aside() {
    return aside.memory;
  }

  void push(int site) {
    if (depth == calls.length) {
      if (depth >= DEPTH) {
        throw new IllegalStateException(
            "program '"
                + program
                + "' is "
                + depth
                + " calls deep, at the call of "
                + sites[site].where()
                + "; a function needs a case that does not call itself; nothing was changed");
      }
      calls = Arrays.copyOf(calls, 2 * depth);
    }
    calls[depth++] = site;
  }

  Instruction.Call pop() {
    return sites[calls[--depth]];
  }

  private long take(Stack s, long bytes, String what) {
    long at = s.top;
    long end = at + (bytes + 7) / 8 * 8;
    if (end > s.memory.byteSize()) {
      grow(s, end, what);
    }
    s.top = end;
    s.most = Math.max(s.most, end);
    return at;
  }

  /// Makes room for frames whose number is known before the first run: such a stack does not grow.
  void reserve(long bytes) {
    if (bytes > 0) {
      resize(frames, bytes);
    }
  }

  private void grow(Stack s, long least, String what) {
    long bytes = Math.max(1 << 16, Math.max(least, 2 * s.memory.byteSize()));
    limit.require("%s: %s, %d calls deep".formatted(program, what, depth), bytes, reserved());
    resize(s, bytes);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed with the runner, or when it grows again
  private void resize(Stack s, long bytes) {
    Arena next = Arena.ofShared();
    MemorySegment memory;
    try {
      memory = compiler.reserve(next, bytes);
    } catch (RuntimeException | Error x) {
      next.close();
      throw x;
    }
    MemorySegment.copy(s.memory, 0, memory, 0, s.top);
    s.close();
    s.arena = next;
    s.memory = memory;
  }

  /// Bytes of both stacks.
  long reserved() {
    return frames.memory.byteSize() + aside.memory.byteSize();
  }

  /// The most that the last run used of both.
  long used() {
    return frames.most + aside.most;
  }

  void close() {
    frames.close();
    aside.close();
    if (workers != null) {
      workers.close();
    }
  }
}
