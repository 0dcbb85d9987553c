package dev.retrograde.target;

import dev.retrograde.loop.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/// The part of a target that turns kernels into code. Everything before it (fusion, schedules,
/// memory) is shared.
public interface KernelCompiler extends AutoCloseable {
  /// What schedules must know.
  Machine machine();

  /// Compiles a kernel; equal kernels may be given again and share code.
  CompiledKernel compile(Kernel kernel);

  /// Compiles a kernel that profilers may show under a name.
  default CompiledKernel compile(Kernel kernel, String name) {
    return compile(kernel);
  }

  /// From now on, appends address, size and name of each kernel that it loads to a file, as Linux's
  /// `perf` wants them.
  ///
  /// @throws IllegalArgumentException if the code is not its own
  default void perfMap(Path file) {
    throw new IllegalArgumentException(
        "no perf map: this target makes no machine code of its own; the target x64 does, and the"
            + " Java machine writes a map of its code with -XX:+DumpPerfMapAtExit");
  }

  /// Zeroed memory for the buffers of programs, aligned to 64 bytes, that lives as long as the
  /// arena.
  default MemorySegment reserve(Arena arena, long bytes) {
    return arena.allocate(bytes, 64);
  }

  /// Kernels one after another, as one: where a call into compiled code costs something, one call
  /// for all of them.
  ///
  /// @param parts kernels that this compiler bound
  default Runnable sequence(List<Part> parts) {
    Part[] all = parts.toArray(Part[]::new);
    return () -> {
      for (Part p : all) {
        p.kernel.run(0, p.extent);
      }
    };
  }

  /// A kernel and how many iterations of its outermost loop are run, from the first one on.
  record Part(BoundKernel kernel, long extent) {}

  /// Bytes of code made so far.
  long codeBytes();

  /// Frees the code. Bound kernels must not run afterwards.
  @Override
  void close();

  /// The shape of the machine that kernels are written for.
  ///
  /// @param vectorBytes bytes of a vector register: 64, 32, or 4 for scalar code
  /// @param registers vector registers a kernel may use
  /// @param broadcastOperands whether a product can take one operand from memory repeated to all
  ///   lanes
  record Machine(int vectorBytes, int registers, boolean broadcastOperands) {
    /// Lanes of a kernel whose widest register type has this many bytes; 1 for scalar code.
    public int lanes(int bytes) {
      return Math.max(1, vectorBytes / Math.max(4, bytes));
    }
  }

  /// Code of a kernel.
  interface CompiledKernel {
    /// Ties the parameters to buffers, whose memory the caller keeps alive. Each buffer is followed
    /// by at least 64 readable and writable bytes of slack.
    BoundKernel bind(List<MemorySegment> buffers);

    /// A listing of the code.
    String listing();
  }

  /// A kernel ready to run.
  interface BoundKernel {
    /// Runs iterations `from` to `to - 1` of the outermost loop. Allocates nothing. Different parts
    /// may run on different threads at the same time.
    void run(long from, long to);
  }
}
