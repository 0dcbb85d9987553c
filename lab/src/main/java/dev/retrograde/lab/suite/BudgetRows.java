package dev.retrograde.lab.suite;

import dev.retrograde.choice.Frontier;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Twelve budgets from what `store` takes down to the least there is: what the executable and its
/// state reserve must stay below each, never rise as the budget falls, and be what was foretold.
///
/// The frontier is made once a model. Each mixture is compiled and runs a step.
record BudgetRows(Target target, Target.Options options) {
  private static final int BUDGETS = 12;

  void run(Suite.Listener listener) {
    sweep(listener, Subject.of("resnet18", 128, target, options));
    sweep(listener, Subject.of("revnet38", 100, target, options));
  }

  private static void sweep(Suite.Listener listener, Subject s) {
    List<Frontier.Point> points =
        s.plan(new Saving.Store()).frontier(s.batch(), false, s::forecast).points();
    long most = s.forecast(new Saving.Store()).bytes();
    long least = points.getLast().bytes();
    listener.note("%s: %d mixtures worth taking".formatted(s.name(), points.size()));
    Map<String, Measured> known = new LinkedHashMap<>();
    long before = Long.MAX_VALUE;
    for (int i = 0; i < BUDGETS; i++) {
      long budget = most - (most - least) * i / (BUDGETS - 1);
      Frontier.Point point =
          points.stream().filter(p -> p.bytes() <= budget).findFirst().orElseThrow();
      Measured m = known.computeIfAbsent(point.policy().spec(), k -> measure(s, point));
      double error = 100.0 * Math.abs(point.bytes() - m.reserved()) / m.reserved();
      boolean kept = m.reserved() <= budget && m.reserved() <= before && error <= 2;
      before = m.reserved();
      listener.row(row(s, budget, point, m, error, kept));
    }
  }

  private record Measured(long reserved, long peak, double seconds) {}

  private static Measured measure(Subject s, Frontier.Point point) {
    Program program = s.saved(point.policy()).program();
    try (StateStore state = StateStore.of(1, program);
        Executable e = s.target().compile(program, state, s.options())) {
      Subject.fill(e);
      e.run();
      long start = System.nanoTime();
      e.run();
      double seconds = (System.nanoTime() - start) * 1e-9;
      return new Measured(e.reserved().bytes(), e.memory().peakBytes(), seconds);
    }
  }

  private static SuiteRow row(
      Subject s, long budget, Frontier.Point point, Measured m, double error, boolean kept) {
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("budget_bytes", budget);
    more.put("reserved_bytes", m.reserved());
    more.put("peak_bytes", m.peak());
    more.put("mixture", point.label());
    more.put("seconds", m.seconds());
    more.put("kept", kept);
    SuiteRow row =
        new Figure(
                "budgets",
                s.name(),
                new Saving.Budget(budget, false).spec(),
                s.batch(),
                s.options().threads(),
                "error of the forecast %")
            .atMost(error, 2, 0.5, more);
    return kept ? row : unmet(row);
  }

  private static SuiteRow unmet(SuiteRow row) {
    Map<String, @org.jspecify.annotations.Nullable Object> fields =
        new LinkedHashMap<>(row.fields());
    fields.put("met", false);
    return new SuiteRow(fields, false);
  }
}
