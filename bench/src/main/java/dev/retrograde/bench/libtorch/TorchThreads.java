package dev.retrograde.bench.libtorch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.foreign.Arena;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/// Sets how many threads libtorch uses: its own, and those of the OpenBLAS beneath its products.
///
/// This OpenBLAS keeps threads of its own, outside OpenMP, and libtorch does not pass its count on:
/// left alone, "one thread" would mean one for convolutions and all cores for products.
final class TorchThreads {
  private final MethodHandle setBlasThreads;

  TorchThreads() {
    String path = Loader.load(openblas.class);
    String library = path.replaceFirst("[^/]*$", "libopenblas.so.0");
    Linker linker = Linker.nativeLinker();
    SymbolLookup blas = SymbolLookup.libraryLookup(library, Arena.global());
    this.setBlasThreads =
        linker.downcallHandle(
            blas.findOrThrow("openblas_set_num_threads"),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    if (torch.get_num_interop_threads() != 1) {
      torch.set_num_interop_threads(1);
    }
  }

  /// Sets the count for steps run by the calling thread.
  void set(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("Threads: expected at least 1, found " + count);
    }
    torch.set_num_threads(count);
    try {
      setBlasThreads.invokeExact(count);
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError("openblas_set_num_threads declares no exception", impossible);
    }
  }
}
