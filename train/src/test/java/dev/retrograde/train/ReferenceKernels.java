package dev.retrograde.train;

import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.KernelReference;
import dev.retrograde.pass.KernelTarget;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Kernels, run by their reference: what every compiling target does, only slowly.
final class ReferenceKernels implements KernelCompiler {
  private ReferenceKernels() {}

  static Target target() {
    return new KernelTarget("reference", ReferenceKernels::new);
  }

  @Override
  public Machine machine() {
    return new Machine(32, 16, false);
  }

  @Override
  public CompiledKernel compile(Kernel kernel) {
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

  @Override
  public long codeBytes() {
    return 0;
  }

  @Override
  public void close() {}
}
