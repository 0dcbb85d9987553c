package dev.retrograde.lab.suite;

import dev.retrograde.target.Target;
import java.util.List;

/// What saving policies cost and save: peaks, growth with depth, budgets, resident memory, time.
///
/// Peaks, budgets and the arena come from memory plans, which the executables reserve to the byte;
/// resident memory is measured in a fresh process a row; times are ratios of steps in turn.
public final class MemorySuite implements Suite {
  private static final List<String> PARTS =
      List.of("exact", "peaks", "fit", "arena", "planning", "budgets", "resident", "time");

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String summary() {
    return "Peaks, budgets, resident memory and step time of saving policies.";
  }

  @Override
  public List<String> parts() {
    return PARTS;
  }

  @Override
  public void run(Settings settings, Listener listener) {
    Target target = settings.chosen();
    int threads = settings.threads().orElse(Runtime.getRuntime().availableProcessors());
    Target.Options options = Target.Options.threads(threads);
    for (String part : PARTS) {
      if (settings.wants(part)) {
        listener.note(part);
        switch (part) {
          case "exact" -> new ExactRows(target, options).run(listener);
          case "peaks" -> new PeakRows(target, options).run(listener);
          case "fit" -> new FitRows(target, options).run(listener);
          case "arena" -> new PeakRows(target, options).arenas(listener);
          case "planning" -> new PeakRows(target, options).planning(listener);
          case "budgets" -> new BudgetRows(target, options).run(listener);
          case "resident" -> new ResidentRows(target.name(), threads).run(listener);
          case "time" -> new TimeRows(target, options).run(listener);
          default -> throw new AssertionError(part);
        }
      }
    }
  }
}
