package dev.retrograde.bench.timing;

import java.util.List;

/// One pair of timings taken in turn.
///
/// @param ours seconds a call of the first side
/// @param peer seconds a call of the second side
/// @param probes for each probe, in the order given to [PairedTiming], the lower of its rates
///   before and after the pair
public record Pair(double ours, double peer, List<Double> probes) {
  /// Copies the probe rates and checks that both times are positive.
  public Pair {
    if (!(ours > 0 && peer > 0)) {
      throw new IllegalArgumentException(
          "Pair: expected two positive times, found " + ours + " and " + peer + " seconds");
    }
    probes = List.copyOf(probes);
  }

  /// How many times faster the first side is than the second.
  public double ratio() {
    return peer / ours;
  }
}
