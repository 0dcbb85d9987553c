package dev.retrograde.pass;

import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.KernelReference;
import dev.retrograde.loop.Stmt;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Runs kernels by their reference, for a machine of any shape. Every access is checked against its
/// buffer, without slack, and every kernel against the width of the machine's registers.
public final class ReferenceCompiler implements KernelCompiler {
  private final Machine machine;

  private ReferenceCompiler(Machine machine) {
    this.machine = machine;
  }

  /// Kernels as a processor with 64-byte vectors gets them.
  public static Target wide() {
    return target(new Machine(64, 32, true));
  }

  /// Kernels as a processor with 32-byte vectors gets them.
  static Target narrow() {
    return target(new Machine(32, 16, false));
  }

  /// Kernels of one lane.
  static Target scalar() {
    return target(new Machine(4, 10, false));
  }

  public static List<Target> all() {
    return List.of(wide(), narrow(), scalar());
  }

  private static Target target(Machine m) {
    return new KernelTarget("reference-" + m.vectorBytes(), () -> new ReferenceCompiler(m));
  }

  @Override
  public Machine machine() {
    return machine;
  }

  @Override
  public CompiledKernel compile(Kernel kernel) {
    int widest = widest(kernel.body());
    if (kernel.lanes() > machine.lanes(widest)) {
      throw new AssertionError(
          kernel.lanes()
              + " lanes of "
              + widest
              + " bytes do not fit "
              + machine
              + "\n"
              + kernel.text());
    }
    return new CompiledKernel() {
      @Override
      public BoundKernel bind(List<MemorySegment> buffers) {
        List<MemorySegment> own = List.copyOf(buffers);
        return (from, to) -> KernelReference.run(kernel, own, from, to);
      }

      @Override
      public String listing() {
        return kernel.text();
      }
    };
  }

  /// Bytes of the widest register.
  private static int widest(List<Stmt> body) {
    int most = 4;
    for (Stmt s : body) {
      most =
          Math.max(
              most,
              switch (s) {
                case Stmt.For f -> widest(f.body());
                case Stmt.Let l -> l.to().dtype().bytes();
                case Stmt.Store t -> t.value().dtype().bytes();
              });
    }
    return most;
  }

  @Override
  public long codeBytes() {
    return 0;
  }

  @Override
  public void close() {}
}
