package dev.retrograde.bench.timing;

import java.util.ArrayList;
import java.util.List;

/// What a paired measurement found.
///
/// @param kept the pairs taken while the machine was quiet, in the order measured
/// @param dropped the pairs taken while a probe was below the accepted share of its best
/// @param probeBest for each probe, the best rate seen
/// @param wanted how many kept pairs were asked for
public record PairedResult(
    List<Pair> kept, List<Pair> dropped, List<Double> probeBest, int wanted) {
  /// Copies the lists.
  public PairedResult {
    kept = List.copyOf(kept);
    dropped = List.copyOf(dropped);
    probeBest = List.copyOf(probeBest);
  }

  /// Splits `pairs` by whether every probe reached `share` (0 to 1) of the best rate seen in any
  /// reading, `probeBest`.
  public static PairedResult split(
      List<Pair> pairs, List<Double> probeBest, double share, int wanted) {
    List<Pair> kept = new ArrayList<>();
    List<Pair> dropped = new ArrayList<>();
    for (Pair pair : pairs) {
      (quiet(pair, probeBest, share) ? kept : dropped).add(pair);
    }
    return new PairedResult(kept, dropped, probeBest, wanted);
  }

  private static boolean quiet(Pair pair, List<Double> probeBest, double share) {
    for (int probe = 0; probe < probeBest.size(); probe++) {
      if (pair.probes().get(probe) < share * probeBest.get(probe)) {
        return false;
      }
    }
    return true;
  }

  /// Whether as many quiet pairs as asked for were found. Where it is false the numbers stand for a
  /// busy machine and must be printed with that remark.
  public boolean quiet() {
    return kept.size() >= wanted;
  }

  /// Seconds a call of the first side.
  public Spread ours() {
    return Spread.of(used().stream().map(Pair::ours).toList());
  }

  /// Seconds a call of the second side.
  public Spread peer() {
    return Spread.of(used().stream().map(Pair::peer).toList());
  }

  /// Time of the second side divided by time of the first, pair by pair: above 1 the first side is
  /// faster.
  public Spread ratio() {
    return Spread.of(used().stream().map(Pair::ratio).toList());
  }

  /// The kept pairs, or all of them where none was quiet.
  private List<Pair> used() {
    return kept.isEmpty() ? dropped : kept;
  }
}
