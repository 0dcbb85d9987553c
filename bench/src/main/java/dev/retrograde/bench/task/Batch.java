package dev.retrograde.bench.task;

/// A batch in our layout. The arrays are handed over, not copied: they may be large.
///
/// @param x samples one after the other, each in the task's sample shape; empty where a task has no
///   input
/// @param labels a class a sample, or empty where the loss needs none
public record Batch(float[] x, int[] labels) {}
