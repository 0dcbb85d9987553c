package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.choice.Saving;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Rows that come from memory plans alone: peaks and their growth with depth, what the arena
/// wastes, how long planning takes.
record PeakRows(Target target, Target.Options options) {
  private static final int WARM = 8;
  private static final int RUNS = 7;

  void run(Suite.Listener listener) {
    activation(listener, "revnet110", 85.7, 72);
    activation(listener, "revnet164", 265, 230);
    growth(listener);
    Subject resnet18 = Subject.of("resnet18", 128, target, options);
    long store = resnet18.forecast(new Saving.Store()).memory().peakBytes();
    below(listener, resnet18, store, new Saving.Pooled(4), 29, 35);
    below(listener, resnet18, store, new Saving.Pooled(2), 25, 27);
    below(listener, resnet18, store, new Saving.Exact(), 35, 39);
    below(listener, resnet18, store, new Saving.PooledQuantized(2), 50, 56);
    below(listener, resnet18, store, new Saving.Quantized(8), 52, 57);
  }

  private void activation(Suite.Listener listener, String model, double must, double aim) {
    Subject s = Subject.of(model, 100, target, options);
    Saving saving = new Saving.Reversible();
    MemoryReport memory = s.forecast(saving).memory();
    listener.row(
        s.figure("peaks", saving, "activation peak MB")
            .atMost(
                Subject.activationPeak(memory) / 1e6,
                must,
                aim,
                Map.of("peak_bytes", memory.peakBytes(), "peak_node", memory.peakNode())));
  }

  private void growth(Suite.Listener listener) {
    Saving saving = new Saving.Reversible();
    long few = Subject.activationPeak(chain(10).forecast(saving).memory());
    Subject deep = chain(100);
    long many = Subject.activationPeak(deep.forecast(saving).memory());
    listener.row(
        deep.figure("peaks", saving, "growth of activation peak from 10 to 100 blocks %")
            .atMost(
                100.0 * (many - few) / few,
                0.1,
                0.0,
                Map.of("peak_bytes_10", few, "peak_bytes_100", many)));
  }

  private Subject chain(int blocks) {
    return new Subject(
        "reversible x" + blocks,
        sequential(
            named("stem", conv2d(32, 3)),
            named("stage1", Zoo.reversibleStage(blocks, 32)),
            named("pool", globalAveragePool()),
            named("fc", dense(10))),
        Subject.CIFAR,
        100,
        target,
        options);
  }

  private void below(
      Suite.Listener listener, Subject s, long store, Saving saving, double must, double aim) {
    MemoryReport memory = s.forecast(saving).memory();
    listener.row(
        s.figure("peaks", saving, "joint peak below store %")
            .atLeast(
                100.0 * (store - memory.peakBytes()) / store,
                must,
                aim,
                Map.of("peak_bytes", memory.peakBytes(), "peak_node", memory.peakNode())));
  }

  /// The arena over the most that is alive in it.
  void arenas(Suite.Listener listener) {
    arena(listener, Subject.of("resnet18", 128, target, options), new Saving.Store());
    arena(listener, Subject.of("resnet18", 128, target, options), new Saving.Exact());
    arena(listener, Subject.of("resnet18", 128, target, options), new Saving.Quantized(8));
    arena(listener, Subject.of("revnet38", 100, target, options), new Saving.Reversible());
    arena(listener, Subject.of("revnet110", 100, target, options), new Saving.Recompute(3));
  }

  private static void arena(Suite.Listener listener, Subject s, Saving saving) {
    MemoryReport memory = s.forecast(saving).memory();
    listener.row(
        s.figure("arena", saving, "arena / most alive in it")
            .atMost(
                Subject.arenaShare(memory),
                1.05,
                null,
                Map.of("arena_bytes", memory.arenaBytes())));
  }

  /// Time from the joint program to the memory plan, warm.
  void planning(Suite.Listener listener) {
    Subject s = Subject.of("resnet18", 128, target, options);
    for (Saving saving : List.of(new Saving.Store(), new Saving.Exact(), new Saving.Recompute(1))) {
      List<Double> seconds = new ArrayList<>();
      Forecast last = s.forecast(saving);
      for (int i = 0; i < WARM + RUNS; i++) {
        var program = s.plan(saving).joint(s.batch());
        long start = System.nanoTime();
        last = s.forecast(saving.apply(program));
        if (i >= WARM) {
          seconds.add((System.nanoTime() - start) * 1e-9);
        }
      }
      listener.row(
          s.figure("planning", saving, "seconds from policy to memory plan")
              .atMost(
                  Spread.median(seconds),
                  0.2,
                  null,
                  Map.of("launches", last.launches(), "lowest", Spread.quantile(seconds, 0))));
    }
  }
}
