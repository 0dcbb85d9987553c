package dev.retrograde.bench.suite;

import dev.retrograde.bench.engine.EngineKernel;
import dev.retrograde.bench.onednn.DnnlKernel;
import dev.retrograde.bench.onednn.DnnlLibrary;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelSuite;
import dev.retrograde.bench.timing.CopyProbe;
import dev.retrograde.bench.timing.FmaProbe;
import dev.retrograde.bench.timing.KernelRow;
import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.PairedTiming;
import dev.retrograde.lab.suite.Suite;
import dev.retrograde.lab.suite.SuiteRow;
import dev.retrograde.target.Target;
import java.util.List;

/// Products and convolutions one by one beside oneDNN, which chooses layouts and is not charged for
/// converting to them; ours reads and writes its only layout.
///
/// On one pinned core unless more threads are asked for. Takes about three minutes.
public final class KernelsSuite implements Suite {
  private static final String PRODUCTS = "products";
  private static final String CONVOLUTIONS = "convolutions";
  private static final long SEED = 11;

  /// Kernels last from 10 microseconds to some milliseconds: half the time of a training step's
  /// stretch is far above the clock's grain.
  private static final PairedTiming.Limits LIMITS = new PairedTiming.Limits(7, 14, 0.1, 0.2, 0.9);

  @Override
  public String name() {
    return "kernels";
  }

  @Override
  public String summary() {
    return "Products and convolutions one by one beside oneDNN.";
  }

  @Override
  public List<String> parts() {
    return List.of(PRODUCTS, CONVOLUTIONS);
  }

  @Override
  public void run(Settings settings, Listener listener) {
    BenchThread.run(
        settings.threads(),
        threads -> {
          Target target = settings.chosen();
          try (FmaProbe fma = new FmaProbe(threads);
              DnnlLibrary library = new DnnlLibrary()) {
            PairedTiming timing = new PairedTiming(LIMITS, List.of(fma, new CopyProbe(threads)));
            for (KernelSuite.Entry entry : KernelSuite.entries()) {
              if (settings.wants(part(entry.shape()))) {
                row(entry, threads, target, library, timing, listener);
              }
            }
          }
        });
  }

  private static String part(KernelShape shape) {
    return switch (shape) {
      case KernelShape.Product _ -> PRODUCTS;
      case KernelShape.Convolution _ -> CONVOLUTIONS;
    };
  }

  private static void row(
      KernelSuite.Entry entry,
      int threads,
      Target target,
      DnnlLibrary library,
      PairedTiming timing,
      Listener listener) {
    try {
      listener.row(measured(entry, threads, target, library, timing, listener));
    } catch (IllegalArgumentException
        | IllegalStateException
        | UnsupportedOperationException failure) {
      listener.row(FailedRow.of(entry.shape().name(), 0, threads, failure));
    }
  }

  private static SuiteRow measured(
      KernelSuite.Entry entry,
      int threads,
      Target target,
      DnnlLibrary library,
      PairedTiming timing,
      Listener listener) {
    KernelShape shape = entry.shape();
    float[] first = FirstValues.uniform(KernelShape.size(shape.first()), SEED);
    float[] second = FirstValues.uniform(KernelShape.size(shape.second()), SEED + 1);
    try (EngineKernel ours = new EngineKernel(target, shape, threads);
        DnnlKernel peer = new DnnlKernel(library, shape, threads)) {
      ours.setOperands(first, second);
      peer.setOperands(first, second);
      peer.run();
      double difference = difference(ours.result(), peer.result());
      PairedResult result = timing.measure(ours::run, peer::run);
      KernelRow row =
          new KernelRow(
              shape.name(),
              threads,
              result,
              shape.flops(),
              result.probeBest().getFirst(),
              peer.implementation(),
              ours.shareOfBorder(),
              difference,
              entry.goal(),
              entry.probeShare());
      if (!row.met()) {
        listener.note("missed: " + shape.name());
        ours.times().text(Integer.MAX_VALUE).forEach(listener::note);
      }
      return new SuiteRow(row.fields(), row.met());
    }
  }

  /// In parts of the largest value; NaN where a value is NaN.
  private static double difference(float[] ours, float[] peer) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < peer.length; i++) {
      largest = Math.max(largest, Math.abs(peer[i]));
      worst = Math.max(worst, Math.abs((double) ours[i] - peer[i]));
    }
    return worst / Math.max(largest, Float.MIN_NORMAL);
  }
}
