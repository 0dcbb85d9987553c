package dev.retrograde.jvm;

import dev.retrograde.loop.Kernel;
import dev.retrograde.target.KernelCompiler;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Prints kernels of one lane as bytecode. Needs no flag and no native access.
///
/// Equal kernels share one class. Classes are unloaded when the compiler, the compiled kernels and
/// the bound kernels are no longer reachable. One thread at a time compiles; bound kernels may run
/// on any thread, if their buffers may.
public final class JvmKernelCompiler implements KernelCompiler {
  private final Map<Kernel, Compiled> known = new HashMap<>();
  private long codeBytes;
  private boolean closed;

  /// Scalar registers of the usual machines, less what addresses and counters take.
  @Override
  public Machine machine() {
    return new Machine(4, 12, false);
  }

  /// Compiles a kernel of one lane.
  ///
  /// @throws AssertionError if the kernel has more lanes
  @Override
  public CompiledKernel compile(Kernel kernel) {
    if (closed) {
      throw new IllegalStateException("the compiler is closed; make a new one");
    }
    if (kernel.lanes() != 1) {
      throw new AssertionError(
          "jvm prints kernels of one lane, found "
              + kernel.lanes()
              + "; write the kernel for the machine that this compiler names:\n"
              + kernel);
    }
    Compiled c = known.get(kernel);
    if (c == null) {
      c = new Compiled(kernel, KernelClass.print(kernel));
      known.put(kernel, c);
      codeBytes += c.printed.codeBytes();
    }
    return c;
  }

  /// Bytes of bytecode, without constant pools.
  @Override
  public long codeBytes() {
    return codeBytes;
  }

  @Override
  public void close() {
    closed = true;
    known.clear();
  }

  private record Compiled(Kernel kernel, KernelClass printed) implements CompiledKernel {
    @Override
    public BoundKernel bind(List<MemorySegment> buffers) {
      if (buffers.size() != kernel.params().size()) {
        throw new IllegalArgumentException(
            "the kernel has "
                + kernel.params().size()
                + " parameters, found "
                + buffers.size()
                + " buffers");
      }
      return new Bound(
          printed.entry(),
          buffers.toArray(MemorySegment[]::new),
          new Scratch(printed.scratch()),
          kernel.extent());
    }

    @Override
    public String listing() {
      return kernel.text() + printed.listing();
    }
  }

  private record Bound(Entry entry, MemorySegment[] buffers, Scratch scratch, long extent)
      implements BoundKernel {
    @Override
    public void run(long from, long to) {
      if (from < 0 || to > extent) {
        throw new IllegalArgumentException(
            "iterations "
                + from
                + " to "
                + to
                + " are not within those of the outermost loop, 0 to "
                + extent);
      }
      long[] s = scratch.take();
      entry.run(buffers, s, from, to);
      scratch.giveBack(s);
    }
  }
}
