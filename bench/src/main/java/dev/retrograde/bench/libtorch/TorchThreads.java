package dev.retrograde.bench.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/// Sets how many threads libtorch uses: its own, and those of the OpenBLAS beneath its products.
///
/// This OpenBLAS keeps threads of its own, outside OpenMP, and libtorch does not pass its count on:
/// left alone, "one thread" would mean one for convolutions and all cores for products, and two
/// threads of products taking turns on one pinned core were seen to be seventy times slower. The
/// function is looked up through libtorch itself, because JavaCPP may load a second copy of
/// OpenBLAS under another file name, and only libtorch's own copy counts.
public final class TorchThreads {
  private final MethodHandle setBlasThreads;
  private final MethodHandle blasCore;

  /// Finds the functions; sets the threads between operators to one.
  public TorchThreads() {
    String torchFolder = Loader.load(torch.class).replaceFirst("[^/]*$", "");
    Linker linker = Linker.nativeLinker();
    SymbolLookup blas = SymbolLookup.libraryLookup(torchFolder + "libtorch_cpu.so", Arena.global());
    this.setBlasThreads =
        linker.downcallHandle(
            blas.findOrThrow("openblas_set_num_threads"),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    this.blasCore =
        linker.downcallHandle(
            blas.findOrThrow("openblas_get_corename"), FunctionDescriptor.of(ValueLayout.ADDRESS));
    if (torch.get_num_interop_threads() != 1) {
      torch.set_num_interop_threads(1);
    }
  }

  /// Sets the count for steps run by the calling thread.
  public void set(int count) {
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

  /// The processor for which OpenBLAS computes products, such as `Haswell` (256-bit vectors) or
  /// `Cooperlake` (512-bit ones).
  public String blasCore() {
    try {
      var name = (MemorySegment) blasCore.invokeExact();
      return name.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError("openblas_get_corename declares no exception", impossible);
    }
  }
}
