package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.machine.NativeSettings;

/// How the C library, from which libtorch has its memory, treats what libtorch frees. It trades
/// time for resident memory, so a figure of either names it.
public enum TorchAllocator {
  /// As the C library comes: freed blocks of 32 MiB and above go back to the system at once,
  /// smaller ones by a rule that adapts.
  AS_IT_COMES {
    @Override
    void prepare() {}
  },
  /// Keeps freed memory up to 1 GiB, and blocks of up to 32 MiB within it.
  KEEPS_FREED {
    @Override
    void prepare() {
      NativeSettings.keepFreedMemory();
    }
  },
  /// Keeps freed memory up to 2 GiB whatever the size of its blocks, and asks for large pages: for
  /// steps whose activations are 32 MiB each and more, which would otherwise be mapped anew in
  /// every step. A step of ResNet-18 at batch 128 was seen to take 6.8 s of processor time as it
  /// comes, 5.7 with [#KEEPS_FREED], 3.7 with large blocks kept, and 3.1 with large pages as well.
  KEEPS_LARGE {
    @Override
    void prepare() {
      NativeSettings.keepFreedMemory();
      NativeSettings.keepLargeBlocks();
      NativeSettings.useLargePages();
    }
  };

  abstract void prepare();
}
