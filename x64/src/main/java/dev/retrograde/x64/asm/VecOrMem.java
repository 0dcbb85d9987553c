package dev.retrograde.x64.asm;

/// The last source of a vector instruction: a register or a place in memory.
public sealed interface VecOrMem permits Vec, Mem {}
