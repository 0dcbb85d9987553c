package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Saving.Selection;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
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

/// The mixtures of policies that are worth taking for a program: each needs fewer bytes than the
/// one before it and more time, by prediction. A budget takes the first that fits, so that fewer
/// bytes never give a higher peak.
///
/// Mixtures go through a ladder of policies, each step of which saves more and costs more; between
/// two steps, the first blocks of the model, which have the largest maps and are read last, already
/// stand on the next step and the others still on the one before.
public final class Frontier {
  /// Cuts tried between two steps of the ladder.
  private static final int CUTS = 6;

  private final Program joint;
  private final boolean lossy;
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
    Map<ByLayer, String> candidates = candidates();
    List<Point> all = new ArrayList<>();
    candidates.forEach((policy, label) -> {
      Program p = new Rewrite(joint, policy).run().program();
      all.add(new Point(policy, label, forecasts.apply(p)));
    });
    points = worthwhile(all);
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
        return new Rewrite(joint, p.policy).run();
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

  private Map<ByLayer, String> candidates() {
    List<String> units = units();
    List<List<Saving>> ladders = new ArrayList<>();
    boolean couples = reverses(new ByLayer(new Saving.Reversible(), List.of()));
    Saving store = new Saving.Store();
    Saving exact = new Saving.Exact();
    ladders.add(List.of(store, exact, new Saving.Recompute(1)));
    ladders.add(List.of(exact, new Saving.Recompute(2)));
    ladders.add(List.of(exact, new Saving.Recompute(4)));
    if (couples) {
      ladders.add(List.of(exact, new Saving.Reversible()));
    }
    if (lossy) {
      ladders.add(List.of(exact, new Saving.Quantized(8), new Saving.Quantized(4)));
      ladders.add(List.of(new Saving.Quantized(8), new Saving.Recompute(2)));
    }
    Map<ByLayer, String> out = new LinkedHashMap<>();
    for (List<Saving> ladder : ladders) {
      for (int i = 0; i + 1 < ladder.size(); i++) {
        between(ladder.get(i), ladder.get(i + 1), units, out);
      }
    }
    return out;
  }

  /// Both, and mixtures in which the first units already stand on the next step.
  private void between(Saving from, Saving to, List<String> units, Map<ByLayer, String> out) {
    out.putIfAbsent(new ByLayer(from, List.of()), from.spec());
    int cuts = Math.min(CUTS, units.size());
    for (int cut = 1; cut < cuts; cut++) {
      int first = units.size() * cut / cuts;
      List<Selection> selections =
          units.subList(0, first).stream().map(u -> new Selection(Glob.of(u), to)).toList();
      ByLayer policy = new ByLayer(from, selections);
      if (!(to instanceof Saving.Reversible) || reverses(policy)) {
        out.putIfAbsent(
            policy, to.spec() + " up to " + units.get(first - 1) + ", then " + from.spec());
      }
    }
    out.putIfAbsent(new ByLayer(to, List.of()), to.spec());
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
