package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.machine.NativeSettings;

/// Sets the process up so that libtorch runs at its best. See [NativeSettings] for when.
public final class LibtorchSettings {
  private LibtorchSettings() {}

  /// Call first in `main`, before any class of libtorch or of JavaCPP is touched.
  ///
  /// Besides [NativeSettings]: JavaCPP reads the process's memory use at every native object unless
  /// its limits are off, and registers each with the garbage collector; both cost time in a step
  /// and neither is needed where every object is closed in its scope.
  public static void prepare() {
    prepare(TorchAllocator.KEEPS_FREED);
  }

  /// The same with a choice of what becomes of freed memory.
  public static void prepare(TorchAllocator allocator) {
    NativeSettings.waitPassively();
    NativeSettings.freeOpenBlas();
    allocator.prepare();
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    System.setProperty("org.bytedeco.javacpp.noPointerGC", "true");
  }
}
