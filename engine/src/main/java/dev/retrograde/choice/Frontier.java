package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Saving.Selection;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.target.Forecast;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The mixtures of policies that are worth taking for a program: each needs fewer bytes than the
/// one before it and more time, by prediction. A budget takes the first that fits, so that fewer
/// bytes never give a higher peak.
///
/// Mixtures go through ladders of policies, each step of which saves more and costs more; between
/// two steps, the first blocks of the model, which have the largest maps and are read last, already
/// stand on the next step and the others still on the one before. Cuts are tried where the bytes on
/// their two sides differ.
public final class Frontier {
  /// Most places of a cut between two steps of a ladder.
  private static final int CUTS = 8;

  /// Difference of bytes, as a share, below which nothing between two mixtures is tried.
  private static final double CLOSE = 0.02;

  private final Program joint;
  private final boolean lossy;
  private final Function<Program, Forecast> forecasts;
  private final List<String> units;
  private final Map<ByLayer, Point> tried = new LinkedHashMap<>();
  private final List<Point> points;

  /// A mixture and what it comes to.
  ///
  /// @param label how to speak of it
  public record Point(ByLayer policy, String label, Forecast forecast) {
    /// Every byte that a step with this policy reserves.
    public long bytes() {
      return forecast.bytes();
    }
  }

  /// Evaluates the mixtures, without making any code.
  ///
  /// @param joint forward, backward and update of a step
  /// @param lossy whether policies that change the gradient take part
  public Frontier(Program joint, boolean lossy, Function<Program, Forecast> forecasts) {
    this.joint = joint;
    this.lossy = lossy;
    this.forecasts = forecasts;
    units = units();
    for (List<Saving> ladder : ladders()) {
      for (int i = 0; i + 1 < ladder.size(); i++) {
        between(ladder.get(i), ladder.get(i + 1), 0, Math.min(CUTS, units.size()));
      }
    }
    points = worthwhile(List.copyOf(tried.values()));
  }

  /// From the fastest to the smallest.
  public List<Point> points() {
    return points;
  }

  /// The program under the fastest mixture that fits.
  ///
  /// @throws BudgetException saying the least that there is
  public Saved within(long bytes) {
    for (Point p : points) {
      if (p.bytes() <= bytes) {
        countable(p);
        return Rewrite.of(joint, p.policy);
      }
    }
    Point least = points.getLast();
    long state = state(least);
    throw new BudgetException(
        String.format(
            Locale.ROOT,
            "a budget of %s cannot be met: the least is %s, with %s; of these, %s are weights,"
                + " optimiser and input, the rest grows with the batch: choose a smaller batch%s",
            mib(bytes),
            mib(least.bytes()),
            least.label,
            mib(state),
            lossy ? ", or a plainer optimiser" : ", or allow policies that round with :lossy"),
        bytes,
        least.bytes());
  }

  /// A budget is kept only where everything has a bound.
  private static void countable(Point p) {
    List<MemoryReport.Growth> growths = p.forecast.memory().growths();
    if (!growths.isEmpty()) {
      throw new SavingException(
          "a budget counts every byte of a step, and of this one some come as often as the data says: "
              + growths.stream().map(MemoryReport.Growth::text).collect(Collectors.joining("; "))
              + ". Give loops a bound, write recursion over trees as a fold, or name a policy instead of"
              + " a budget");
    }
  }

  private static long state(Point p) {
    Map<Tag, Long> tags = p.forecast.memory().atPeak();
    return tags.getOrDefault(Tag.WEIGHT, 0L)
        + tags.getOrDefault(Tag.OPTIMIZER, 0L)
        + tags.getOrDefault(Tag.INPUT, 0L);
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }

  /// Fewer bytes, fewer at the peak too, for more time: everything else is left out.
  private static List<Point> worthwhile(List<Point> all) {
    List<Point> sorted = new ArrayList<>(all);
    sorted.sort(
        Comparator.comparingDouble((Point p) -> p.forecast.seconds())
            .thenComparingLong(Point::bytes));
    List<Point> kept = new ArrayList<>();
    for (Point p : sorted) {
      if (kept.isEmpty()
          || (p.bytes() < kept.getLast().bytes()
              && p.forecast.memory().peakBytes() < kept.getLast().forecast.memory().peakBytes())) {
        kept.add(p);
      }
    }
    return List.copyOf(kept);
  }

  private List<List<Saving>> ladders() {
    Saving store = new Saving.Store();
    Saving exact = new Saving.Exact();
    List<List<Saving>> all = new ArrayList<>();
    all.add(List.of(store, exact, new Saving.Recompute(1)));
    all.add(List.of(exact, new Saving.Recompute(2)));
    all.add(List.of(exact, new Saving.Recompute(4)));
    if (!ScanPair.of(joint).isEmpty()) {
      all.add(List.of(exact, new Saving.Segments(0)));
    }
    if (reverses(new ByLayer(new Saving.Reversible(), List.of()))) {
      all.add(List.of(exact, new Saving.Reversible()));
    }
    if (lossy) {
      all.add(List.of(exact, new Saving.Quantized(8), new Saving.Quantized(4)));
      all.add(List.of(new Saving.Quantized(8), new Saving.Recompute(2)));
    }
    return all;
  }

  /// Tries both ends of a range of cuts and, where they differ, what lies between.
  private void between(Saving from, Saving to, int low, int high) {
    Point a = at(from, to, low);
    Point b = at(from, to, high);
    if (high - low > 1 && Math.abs(a.bytes() - b.bytes()) > CLOSE * a.bytes()) {
      int middle = (low + high) / 2;
      between(from, to, low, middle);
      between(from, to, middle, high);
    }
  }

  /// The mixture in which the first units, up to a cut, already stand on the next step.
  private Point at(Saving from, Saving to, int cut) {
    int cuts = Math.min(CUTS, units.size());
    int first = units.size() * cut / Math.max(1, cuts);
    ByLayer policy =
        cut == cuts
            ? new ByLayer(to, List.of())
            : new ByLayer(
                from,
                units.subList(0, first).stream().map(u -> new Selection(Glob.of(u), to)).toList());
    if (to instanceof Saving.Reversible && !reverses(policy)) {
      policy = new ByLayer(from, List.of()); // no reversible unit among the first ones
    }
    Point known = tried.get(policy);
    if (known == null) {
      String label =
          cut == cuts || policy.selections().isEmpty()
              ? policy.otherwise().spec()
              : to.spec() + " up to " + units.get(first - 1) + ", then " + from.spec();
      Program p = Rewrite.of(joint, policy).program();
      known = new Point(policy, label, forecasts.apply(p));
      tried.put(policy, known);
    }
    return known;
  }

  private boolean reverses(ByLayer policy) {
    return new Regions(new Forward(joint), policy).invertible();
  }

  /// Blocks, and outside of blocks the first segments of paths, in order; not the loss.
  private List<String> units() {
    Set<String> out = new LinkedHashSet<>();
    for (Node n : joint.nodes()) {
      if (n.origin().phase() == Phase.FORWARD) {
        out.add(Regions.blockOrFirst(n));
      }
    }
    List<String> all = new ArrayList<>(out);
    all.remove("loss");
    return all;
  }
}
