package dev.retrograde.x64;

import dev.retrograde.x64.asm.Width;
import dev.retrograde.x64.memory.CpuFeature;
import dev.retrograde.x64.memory.CpuFeatures;

/// Which instructions kernels are printed with. AVX2 with fused multiply-add is the least.
///
/// @param avx512 whether the wide registers, masks and their F, DQ, BW and VL instructions are used
/// @param popcount whether bits are counted by an instruction of AVX-512
public record Features(boolean avx512, boolean popcount) {
  /// AVX2 only, whatever the processor has besides.
  public static final Features AVX2 = new Features(false, false);

  public Features {
    if (popcount && !avx512) {
      throw new IllegalArgumentException("counting bits by an instruction needs AVX-512");
    }
  }

  /// The best that the processor has.
  ///
  /// @throws IllegalStateException if it lacks AVX2 or fused multiply-add, or refuses machine code
  public static Features detect() {
    CpuFeatures cpu = CpuFeatures.detect();
    if (!cpu.hasAvx2Base()) {
      throw new IllegalStateException(
          "the processor " + cpu.brand() + " lacks AVX2 or FMA; use the target jvm instead");
    }
    boolean wide = cpu.hasAvx512Base();
    return new Features(wide, wide && cpu.has(CpuFeature.AVX512_VPOPCNTDQ));
  }

  int vectorBytes() {
    return avx512 ? 64 : 32;
  }

  int registers() {
    return avx512 ? 32 : 16;
  }

  /// The width that holds this many bytes.
  static Width width(int bytes) {
    return bytes <= 16 ? Width.X : bytes <= 32 ? Width.Y : Width.Z;
  }
}
