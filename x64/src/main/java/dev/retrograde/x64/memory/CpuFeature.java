package dev.retrograde.x64.memory;

/// Sets of instructions that a processor may have and an operating system may keep registers for.
public enum CpuFeature {
  SSE4_2,
  POPCNT,
  AVX,
  F16C,
  FMA,
  AVX2,
  BMI1,
  BMI2,
  AVX512F,
  AVX512DQ,
  AVX512BW,
  AVX512VL,
  AVX512_VNNI,
  AVX512_VPOPCNTDQ,
  AVX512_BF16,
  /// Tile registers. Linux hands them out only after a process has asked for them by `arch_prctl`.
  AMX_TILE,
  AMX_BF16,
  AMX_INT8
}
