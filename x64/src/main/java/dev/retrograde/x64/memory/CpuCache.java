package dev.retrograde.x64.memory;

/// One level of a processor's cache, as the processor describes it.
///
/// @param level 1 is the nearest
/// @param kind what it holds
/// @param bytes its size
/// @param lineBytes bytes that move together
/// @param sharedBy logical processors that may share it
public record CpuCache(int level, Kind kind, long bytes, int lineBytes, int sharedBy) {
  /// What a cache holds.
  public enum Kind {
    DATA,
    INSTRUCTION,
    UNIFIED
  }
}
