package dev.retrograde.runtime;

/// The memory outside the heap that an executable and its state reserve, byte for byte: alignment
/// and slack included. Code and the pages round it are not counted, nor what the system rounds up
/// to whole pages.
///
/// @param state what a store of this state reserves
/// @param own inputs, outputs and constants, which each executable has for itself
/// @param arena what a run computes in
public record Reservation(long state, long own, long arena) {
  /// All together.
  public long bytes() {
    return state + own + arena;
  }
}
