package dev.retrograde.target;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.Reservation;

/// What a program will take, known without making its code, its state or its arena.
///
/// `memory`, `reserved` and the counts are those of the compiled program, exactly: both come from
/// the same plan. `seconds` is a prediction from counts alone, the same on every machine of the
/// same registers, and good for ranking variants of one program rather than for telling the time.
///
/// @param memory as [dev.retrograde.runtime.Executable#memory] reports it after compiling
/// @param reserved what the executable and a store of this program's state alone reserve
/// @param launches kernels and host steps of one run
/// @param forwardMacs multiply-adds of one run's forward part
/// @param backwardMacs multiply-adds of backward, with whatever it computes again
/// @param updateMacs multiply-adds of the update
/// @param seconds predicted time of one run
public record Forecast(
    MemoryReport memory,
    Reservation reserved,
    int launches,
    long forwardMacs,
    long backwardMacs,
    long updateMacs,
    double seconds) {
  /// Every byte that the executable and its state reserve.
  public long bytes() {
    return reserved.bytes();
  }
}
