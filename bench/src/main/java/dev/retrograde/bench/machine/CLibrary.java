package dev.retrograde.bench.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;

/// Finds functions of the C library.
final class CLibrary {
  private CLibrary() {}

  /// A handle for the C function `name`.
  static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(result, arguments)))
        .orElseThrow(() ->
            new UnsupportedOperationException(
                "C library: function '" + name + "' not found; the bench needs Linux"));
  }

  /// Rethrows what a method handle threw; a handle of a C function throws nothing of its own.
  static RuntimeException broken(String name, Throwable cause) {
    switch (cause) {
      case Error error -> throw error;
      case RuntimeException ours -> throw ours;
      case Throwable _ -> {}
    }
    return new IllegalStateException("C library: calling '" + name + "' failed", cause);
  }
}
