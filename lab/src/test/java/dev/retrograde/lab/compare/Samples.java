package dev.retrograde.lab.compare;

import dev.retrograde.choice.Residual;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.RunResult.Cost;
import dev.retrograde.lab.compare.RunResult.Course;
import dev.retrograde.lab.compare.RunResult.Status;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.target.Forecast;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Results of known numbers, for tests of what is made of results.
public final class Samples {
  private Samples() {}

  public static BackwardRun run(String text) {
    return BackwardSpec.parse(text).runs().getFirst();
  }

  /// Two seeds of `store`, an exact `recompute:2`, an inexact `recompute:4`, and a refused row.
  public static ComparisonResult comparison() {
    List<RunResult> runs = new ArrayList<>();
    for (String row : List.of("store", "recompute:2", "recompute:4", "pooled:2")) {
      for (long seed : List.of(1L, 2L)) {
        runs.add(
            switch (row) {
              case "store" -> done(row, seed, 0, 1.0, 1.0);
              case "recompute:2" -> done(row, seed, 0, 1.22, 0.62);
              case "recompute:4" -> done(row, seed, 0.02, 1.34, 0.5);
              default -> refused(row, seed);
            });
      }
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("model", "lenet");
    settings.put("data", "generated digits <4,000 & 1,000>");
    settings.put("batch", 64);
    settings.put("epochs", 6);
    settings.put("seed", List.of(1, 2));
    settings.put("lr", 0.05);
    return new ComparisonResult(
        Envelope.now("compare", settings),
        List.of(
            new ComparisonResult.Hashes(1, "0123456789abcdef", "fedcba9876543210"),
            new ComparisonResult.Hashes(2, "1123456789abcdef", "eedcba9876543210")),
        1000,
        runs);
  }

  public static RunResult refused(String row, long seed) {
    return new RunResult(
        run(row),
        seed,
        Status.REFUSED,
        "pooled is not available in this version",
        Map.of(),
        Course.NONE,
        Optional.empty(),
        Optional.empty());
  }

  /// A run of 378 steps whose losses differ by `noise` from those of other rows of the seed.
  public static RunResult done(
      String row, long seed, double noise, double slowness, double residual) {
    Random random = new Random(seed);
    Random own = new Random(seed + row.hashCode());
    List<Double> loss = new ArrayList<>();
    List<Double> seconds = new ArrayList<>();
    List<Double> blocks = new ArrayList<>();
    List<Double> accuracy = new ArrayList<>();
    List<Integer> steps = new ArrayList<>();
    for (int i = 1; i <= 378; i++) {
      double base = 2.3 * Math.exp(-i / 60.0) + 0.05;
      loss.add(
          base
                  * (1 + 0.25 * random.nextGaussian() * Math.min(1, i / 30.0))
                  * (1 + noise * own.nextGaussian())
              + 0.03);
      seconds.add(0.0021 * slowness * (1 + 0.05 * own.nextDouble()));
      if (i % 21 == 0) {
        blocks.add(0.00214 * slowness * (1 + 0.01 * own.nextDouble()));
      }
      if (i % 63 == 0) {
        accuracy.add(
            0.985
                - 0.3 * Math.exp(-i / 90.0)
                + 0.002 * random.nextGaussian()
                + noise * 0.1 * own.nextGaussian());
        steps.add(i);
      }
    }
    Map<String, String> resolved = new LinkedHashMap<>();
    for (String layer : List.of("conv0", "relu0", "pool0", "conv1", "relu1", "pool1", "dense0")) {
      resolved.put(layer, row);
    }
    return new RunResult(
        run(row),
        seed,
        Status.OK,
        "",
        resolved,
        new Course(loss, seconds, blocks, accuracy, steps),
        Optional.of(
            new Cost(
                memory(residual),
                310L << 20,
                (long) (11e6 * (0.6 + residual)),
                18_000_000,
                (long) (35_000_000 * slowness),
                44_426,
                0.31,
                64,
                23,
                kept(row, residual))),
        noise == 0
            ? Optional.empty()
            : Optional.of(
                new Fidelity(
                    Map.of("conv0.weight", 0.9, "conv1.weight", 0.5),
                    Map.of("conv0.weight", 0.95, "conv1.weight", 0.8))));
  }

  /// Two residuals, of which the second is computed again but for `store`.
  static Kept kept(String row, double residual) {
    boolean store = row.equals("store");
    return new Kept(
        row,
        List.of(
            new Residual(
                "v1", "conv0", "Conv", 884_736, 884_736, "store", List.of("conv1"), "an <anchor>"),
            new Residual(
                "v2",
                "relu0",
                "relu",
                884_736,
                store ? 884_736 : 0,
                store ? "store" : "remade",
                List.of("conv1", "relu0"),
                store ? "kept under store" : "computed again from conv0")),
        new Reservation(355_408, 200_704, 12_600_000),
        Optional.of(
            new Forecast(
                memory(residual),
                new Reservation(355_408, 200_704, 12_600_000),
                64,
                18_000_000,
                35_000_000,
                0,
                0.002)));
  }

  /// Residuals pile up over forward and go away over backward.
  public static MemoryReport memory(double residual) {
    List<Entry> all = new ArrayList<>();
    List<String> names = new ArrayList<>();
    int layers = 24;
    int last = 3 * layers - 1;
    all.add(new Entry("weights", Tag.WEIGHT, 177_704, 0, last, -1));
    all.add(new Entry("momentum", Tag.OPTIMIZER, 177_704, 0, last, -1));
    all.add(new Entry("x", Tag.INPUT, 200_704, 0, last, 0));
    long offset = 0;
    for (int i = 0; i < last + 1; i++) {
      names.add(i < layers ? "forward" + i : i < 2 * layers ? "backward" + i : "update" + i);
    }
    for (int i = 0; i < layers; i++) {
      long bytes = (long) (residual * (i < 6 ? 884_736 : 262_144));
      all.add(new Entry("r" + i, Tag.RESIDUAL, bytes, i, 2 * layers - 1 - i, offset += bytes));
      all.add(new Entry("w" + i, Tag.WORKSPACE, 120_000, i, i + 1, offset));
      all.add(
          new Entry(
              "d" + i,
              Tag.COTANGENT,
              i > 18 ? 884_736 : 262_144,
              layers + i,
              layers + i + 1,
              offset));
      all.add(new Entry("g" + i, Tag.GRADIENT, 7_404, layers + i, last - i / 2, offset));
    }
    return MemoryReport.of(all, names, 12_600_000);
  }
}
