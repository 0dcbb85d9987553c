package dev.retrograde.lab.suite;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Step times of a policy over those of `store`, of the same network over the same state: steps in
/// turn, the median of the pairs' ratios.
record TimeRows(Target target, Target.Options options) {
  private static final int PAIRS = 7;
  private static final int WARM = 2;

  void run(Suite.Listener listener) {
    Subject resnet18 = Subject.of("resnet18", 128, target, options);
    ratio(listener, resnet18, new Saving.Pooled(2), 1.0, 0.85);
    ratio(listener, resnet18, new Saving.Exact(), 1.08, 1.0);
    ratio(listener, resnet18, new Saving.Quantized(8), 1.15, 1.05);
    Subject revnet = Subject.of("revnet38", 100, target, options);
    ratio(listener, revnet, new Saving.Reversible(), 1.35, 1.25);
  }

  private static void ratio(
      Suite.Listener listener, Subject s, Saving saving, double must, double aim) {
    Program store = s.saved(new Saving.Store()).program();
    Program other = s.saved(saving).program();
    List<Double> ratios = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    try (StateStore state = StateStore.of(1, store, other);
        Executable a = s.target().compile(store, state, s.options());
        Executable b = s.target().compile(other, state, s.options())) {
      Subject.fill(a);
      Subject.fill(b);
      for (int i = 0; i < WARM + PAIRS; i++) {
        double base = seconds(a);
        double mine = seconds(b);
        if (i >= WARM) {
          ratios.add(mine / base);
          ours.add(mine);
          theirs.add(base);
        }
      }
    }
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("lowest", Spread.quantile(ratios, 0));
    more.put("highest", Spread.quantile(ratios, 1));
    more.put("seconds", Spread.median(ours));
    more.put("store_seconds", Spread.median(theirs));
    listener.row(
        s.figure("time", saving, "step time / store")
            .atMost(Spread.median(ratios), must, aim, more));
  }

  private static double seconds(Executable e) {
    long start = System.nanoTime();
    e.run();
    return (System.nanoTime() - start) * 1e-9;
  }
}
