package dev.retrograde.bench.timing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongSupplier;

/// Times two sides in turn, A B A B, so that whatever else happens on the machine happens to both.
///
/// Design note. A machine is shared: the same work was seen at 102 and at 22 GFLOP/s within a
/// minute. Timing one side after the other therefore measures the neighbours. Three habits help:
/// the sides alternate and the ratio is taken pair by pair; probes of known work run between the
/// pairs, and a pair is dropped when a probe read beside it is below a share (0.9) of the best
/// reading; and the median of at least seven pairs is reported with its range. Dropping happens at
/// the end, against the best reading of the whole measurement, and more pairs are taken (up to
/// three times as many as wanted) until enough quiet ones are there.
public final class PairedTiming {
  /// The limits of a measurement.
  ///
  /// @param pairs quiet pairs wanted, at least 7
  /// @param mostPairs pairs after which the measurement gives up on a busy machine
  /// @param sideSeconds how long one side of a pair runs at least; 0.2 s is far above the clock's
  ///   grain and a scheduler's slice
  /// @param warmUpSeconds how long each side runs before the first pair
  /// @param share the part of its best rate that a probe must reach, 0 to 1
  public record Limits(
      int pairs, int mostPairs, double sideSeconds, double warmUpSeconds, double share) {
    /// Checks the ranges.
    public Limits {
      if (pairs < 7 || mostPairs < pairs) {
        throw new IllegalArgumentException(
            "Limits: expected 7 <= pairs <= mostPairs, found " + pairs + " and " + mostPairs);
      }
      if (!(sideSeconds > 0 && warmUpSeconds >= 0 && share >= 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "Limits: expected sideSeconds > 0, warmUpSeconds >= 0 and share in [0, 1], found "
                + (sideSeconds + ", " + warmUpSeconds + ", " + share));
      }
    }

    /// Seven pairs of 0.2 s a side after 0.5 s of warm-up, at most 21, probes at 90 %.
    public static Limits standard() {
      return new Limits(7, 21, 0.2, 0.5, 0.9);
    }
  }

  private final Limits limits;
  private final List<Probe> probes;
  private final LongSupplier nanoTime;

  /// A measurement with `limits` that reads `probes` before and after each pair.
  public PairedTiming(Limits limits, List<Probe> probes) {
    this(limits, probes, System::nanoTime);
  }

  PairedTiming(Limits limits, List<Probe> probes, LongSupplier nanoTime) {
    this.limits = limits;
    this.probes = List.copyOf(probes);
    this.nanoTime = nanoTime;
  }

  /// Times `ours` beside `peer`, both run on the calling thread.
  public PairedResult measure(Side ours, Side peer) {
    return measure(List.of(ours, peer)).pair(0, 1);
  }

  /// Times several sides in turn, A B C A B C, on the calling thread; a round is to them what a
  /// pair is to two.
  public RoundResult measure(List<Side> sides) {
    List<Integer> calls = sides.stream().map(this::warmUp).toList();
    List<RoundResult.Round> rounds = new ArrayList<>();
    List<Double> before = read();
    List<Double> best = before;
    RoundResult result;
    do {
      List<Double> seconds = new ArrayList<>();
      for (int side = 0; side < sides.size(); side++) {
        seconds.add(secondsPerCall(sides.get(side), calls.get(side)));
      }
      List<Double> after = read();
      best = each(best, after, Math::max);
      rounds.add(new RoundResult.Round(seconds, each(before, after, Math::min)));
      before = after;
      result = new RoundResult(rounds, best, limits.share(), limits.pairs());
    } while (!result.quiet() && rounds.size() < limits.mostPairs());
    return result;
  }

  /// Runs `side` for the warm-up time and returns how many calls fill one side of a pair.
  private int warmUp(Side side) {
    double fastest = Double.POSITIVE_INFINITY;
    double spent = 0;
    int calls = 1;
    do {
      double seconds = secondsPerCall(side, calls);
      fastest = Math.min(fastest, seconds);
      spent += seconds * calls;
      calls = (int) Math.clamp(0.02 / fastest, 1, 1_000_000);
    } while (spent < limits.warmUpSeconds());
    return (int) Math.clamp(Math.ceil(limits.sideSeconds() / fastest), 1, 100_000_000);
  }

  private double secondsPerCall(Side side, int calls) {
    side.prepare();
    long start = nanoTime.getAsLong();
    for (int call = 0; call < calls; call++) {
      side.run();
    }
    return Math.max(1, nanoTime.getAsLong() - start) * 1e-9 / calls;
  }

  private List<Double> read() {
    return probes.stream().map(Probe::rate).toList();
  }

  private static List<Double> each(
      List<Double> left, List<Double> right, DoubleBinaryOperator operator) {
    List<Double> result = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      result.add(operator.applyAsDouble(left.get(i), right.get(i)));
    }
    return result;
  }
}
