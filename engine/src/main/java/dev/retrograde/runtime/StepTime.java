package dev.retrograde.runtime;

import dev.retrograde.ir.Origin.Phase;

/// How long one kernel of a run took.
///
/// @param name of the kernel, as listings show it
/// @param phase of the program that the kernel belongs to
/// @param macs multiply-adds of products and convolutions in it; 0 where there are none
/// @param nanos time of this one launch
public record StepTime(String name, Phase phase, long macs, long nanos) {}
