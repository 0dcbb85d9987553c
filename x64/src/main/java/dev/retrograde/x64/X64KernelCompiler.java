package dev.retrograde.x64;

import dev.retrograde.loop.Kernel;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.ListingLine;
import dev.retrograde.x64.memory.CpuFeatures;
import dev.retrograde.x64.memory.Entry;
import dev.retrograde.x64.memory.ExecutableMemory;
import dev.retrograde.x64.memory.LargeMemory;
import dev.retrograde.x64.memory.PerfMap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Prints kernels as machine code for x86-64.
///
/// Compiling only makes bytes; they are loaded when a kernel is first bound, all that wait
/// together. Equal kernels share code. Owns the pages and the tables of bound kernels until
/// `close`; any thread may use it, and bound kernels run on any thread.
public final class X64KernelCompiler implements KernelCompiler {
  private static final int ALIGNMENT = 64;

  private final Features features;
  private final Arena arena = Arena.ofShared();
  private final Map<Kernel, Compiled> known = new HashMap<>();
  private final List<Compiled> waiting = new ArrayList<>();
  private long codeBytes;
  private @Nullable Entry sequences;
  private @Nullable PerfMap map;

  /// For the processor that this runs on.
  ///
  /// @throws IllegalStateException if [#whyUnavailable()] says why not
  public X64KernelCompiler() {
    this(Features.detect());
  }

  /// With the given instructions, which the processor must have.
  public X64KernelCompiler(Features features) {
    this.features = features;
  }

  /// Whether kernels can be printed and run here.
  public static boolean available() {
    return whyUnavailable().isEmpty();
  }

  /// Why kernels cannot be printed and run here, in a sentence; empty if they can.
  public static String whyUnavailable() {
    String refused = ExecutableMemory.whyUnavailable();
    if (!refused.isEmpty()) {
      return refused;
    }
    CpuFeatures cpu = CpuFeatures.detect();
    return cpu.hasAvx2Base() ? "" : "the processor " + cpu.brand() + " lacks AVX2 or FMA";
  }

  /// The instructions that kernels are printed with.
  public Features features() {
    return features;
  }

  @Override
  public MemorySegment reserve(Arena owner, long bytes) {
    return LargeMemory.allocate(owner, bytes);
  }

  @Override
  public Machine machine() {
    return new Machine(features.vectorBytes(), features.registers(), features.avx512());
  }

  @Override
  public CompiledKernel compile(Kernel kernel) {
    return compile(kernel, "kernel");
  }

  @Override
  public synchronized CompiledKernel compile(Kernel kernel, String name) {
    Compiled c = known.get(kernel);
    if (c == null) {
      Assembler asm = new Assembler();
      Printer.print(kernel, features, asm);
      c = new Compiled(kernel, name, asm.finish());
      known.put(kernel, c);
      waiting.add(c);
      codeBytes += c.bytes;
    }
    return c;
  }

  @Override
  public synchronized long codeBytes() {
    return codeBytes;
  }

  /// Lines stay when the code is gone, and what is loaded to the same place later comes after them.
  @Override
  public synchronized void perfMap(Path file) {
    try {
      map = PerfMap.open(file);
    } catch (IOException e) {
      throw new UncheckedIOException("perf map " + file + " cannot be written", e);
    }
  }

  @Override
  public synchronized void close() {
    arena.close();
    PerfMap written = map;
    if (written != null) {
      try {
        written.close();
      } catch (IOException e) {
        throw new UncheckedIOException("the perf map cannot be written", e);
      }
    }
  }

  private void note(Compiled c, Entry at) {
    PerfMap written = map;
    if (written != null) {
      try {
        written.add(at.address(), c.bytes, c.name);
      } catch (IOException e) {
        throw new UncheckedIOException("the perf map cannot be written", e);
      }
    }
  }

  private synchronized Entry entry(Compiled c) {
    Entry entry = c.entry;
    if (entry == null) {
      load();
      entry = c.entry;
    }
    if (entry == null) {
      throw new AssertionError("code that was compiled was not loaded");
    }
    return entry;
  }

  /// Loads all code that waits into one block.
  private void load() {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    int[] at = new int[waiting.size()];
    for (int i = 0; i < at.length; i++) {
      block.write(new byte[-block.size() & (ALIGNMENT - 1)], 0, -block.size() & (ALIGNMENT - 1));
      at[i] = block.size();
      byte[] code = waiting.get(i).code;
      block.write(code, 0, code.length);
    }
    ExecutableMemory memory = ExecutableMemory.load(block.toByteArray(), arena);
    for (int i = 0; i < at.length; i++) {
      Entry entry = memory.entry(at[i]);
      note(waiting.get(i), entry);
      waiting.get(i).loaded(entry);
    }
    waiting.clear();
  }

  private MemorySegment table(List<MemorySegment> buffers) {
    MemorySegment table = arena.allocate(Math.max(8, 8L * buffers.size()), 8);
    for (int i = 0; i < buffers.size(); i++) {
      MemorySegment b = buffers.get(i);
      if (!b.isNative()) {
        throw new IllegalArgumentException(
            "buffer "
                + i
                + ": expected native memory, found a Java array; allocate it in an Arena");
      }
      table.setAtIndex(ValueLayout.JAVA_LONG, i, b.address());
    }
    return table;
  }

  /// Code and the addresses of its buffers.
  private record Bound(Entry code, MemorySegment table) implements BoundKernel {
    @Override
    public void run(long from, long to) {
      code.call(table, from, to);
    }
  }

  @Override
  public synchronized Runnable sequence(List<Part> parts) {
    MemorySegment rows = arena.allocate((long) parts.size() * Sequences.ROW, 8);
    for (int i = 0; i < parts.size(); i++) {
      if (!(parts.get(i).kernel() instanceof Bound b)) {
        throw new IllegalArgumentException(
            "part " + i + " of a sequence: expected a kernel that this compiler bound");
      }
      Sequences.put(rows, i, b.code().address(), b.table().address(), parts.get(i).extent());
    }
    Entry caller = sequences;
    if (caller == null) {
      caller = ExecutableMemory.load(Sequences.code(), arena).entry(0);
      sequences = caller;
    }
    Entry calls = caller;
    long count = parts.size();
    return () -> calls.call(rows, 0, count);
  }

  private final class Compiled implements CompiledKernel {
    private static final byte[] LOADED = {};

    private final Kernel kernel;
    private final String name;
    private final int bytes;
    private byte[] code;
    private @Nullable Entry entry;

    Compiled(Kernel kernel, String name, byte[] code) {
      this.kernel = kernel;
      this.name = name;
      this.code = code;
      this.bytes = code.length;
    }

    private void loaded(Entry at) {
      entry = at;
      code = LOADED;
    }

    @Override
    public BoundKernel bind(List<MemorySegment> buffers) {
      if (buffers.size() != kernel.params().size()) {
        throw new IllegalArgumentException(
            "kernel: expected "
                + kernel.params().size()
                + " buffers, one for each parameter, found "
                + buffers.size());
      }
      Entry entered = entry(this);
      MemorySegment table;
      synchronized (X64KernelCompiler.this) {
        table = table(buffers);
      }
      return new Bound(entered, table);
    }

    @Override
    public String listing() {
      Assembler asm = Assembler.withListing();
      Printer.print(kernel, features, asm);
      StringBuilder s = new StringBuilder();
      for (ListingLine line : asm.listing()) {
        s.append(line).append('\n');
      }
      return s.toString();
    }
  }
}
