package dev.retrograde.bench.timing;

import java.util.List;

/// What a measurement of several sides in turn found.
///
/// @param rounds in the order measured
/// @param probeBest for each probe, the best rate seen
/// @param share the part of its best rate that a probe must reach, 0 to 1
/// @param wanted how many quiet rounds were asked for
public record RoundResult(List<Round> rounds, List<Double> probeBest, double share, int wanted) {
  /// Every side once.
  ///
  /// @param seconds a call of each side, in their order
  /// @param probes the lesser of the readings before and after
  public record Round(List<Double> seconds, List<Double> probes) {
    /// Copies the lists.
    public Round {
      seconds = List.copyOf(seconds);
      probes = List.copyOf(probes);
    }
  }

  /// Copies the lists.
  public RoundResult {
    rounds = List.copyOf(rounds);
    probeBest = List.copyOf(probeBest);
  }

  /// Two of the sides as pairs, a pair a round.
  public PairedResult pair(int ours, int peer) {
    List<Pair> pairs =
        rounds.stream()
            .map(r -> new Pair(r.seconds().get(ours), r.seconds().get(peer), r.probes()))
            .toList();
    return PairedResult.split(pairs, probeBest, share, wanted);
  }

  /// Whether as many quiet rounds as asked for were found.
  public boolean quiet() {
    return pair(0, 0).quiet();
  }
}
