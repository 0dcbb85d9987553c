package dev.retrograde.lab.suite;

import dev.retrograde.data.DataSet;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.Contestant;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.suite.AccuracyRows.Pair;
import dev.retrograde.lab.suite.AccuracyRows.Trainer;
import dev.retrograde.lab.suite.FinishedRuns.Run;
import dev.retrograde.lab.task.Task;
import dev.retrograde.target.Target;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// Whether training under saving policies ends at the accuracy of `store`: differences paired by
/// seed, with their 95 % interval.
///
/// - Policies that lose nothing must give the losses of `store` over the first 200 steps, bit for
///   bit: `exact`, and `reversible` on a network of the exact form.
/// - Policies that lose something, and `reversible` on a plain network, which rounds, have a bar.
/// - Block-sparse activations have the share of which a perceptron's peak falls by what was
///   reported of them (Barley and Froening, arXiv 2311.16883). It falls so far with thousands of
///   images in a batch; accuracy is that of the same perceptron with a usual batch, where weights
///   outweigh activations.
public final class AcceptMemory implements Suite {
  private static final String DIGITS = "optdigits";
  private static final String CIFAR = "cifar10";
  private static final int DIGIT_SEEDS = 10;
  private static final int CIFAR_SEEDS = 3;

  /// Of the perceptron, to have more activations than weights.
  private static final int LARGE_BATCH = 4096;

  private static final double REPORTED = 32;

  @Override
  public String name() {
    return "accept-memory";
  }

  @Override
  public String summary() {
    return "Accuracy under saving policies that lose something, against store.";
  }

  @Override
  public List<String> parts() {
    return List.of(DIGITS, CIFAR);
  }

  @Override
  public void run(Settings settings, Listener listener) {
    Target target = settings.chosen();
    int threads = settings.threads().orElse(Runtime.getRuntime().availableProcessors());
    Target.Options options = Target.Options.threads(threads);
    FinishedRuns finished = new FinishedRuns(settings.kept());
    Trainer trainer = (task, backward, seed) -> train(task, backward, seed, target, options);
    AccuracyRows rows = new AccuracyRows(finished, trainer, threads, listener);
    if (settings.wants(DIGITS)) {
      DataSet digits = AccuracyTasks.optDigits();
      compressed(rows, listener, DIGITS, AccuracyTasks.residual(digits), DIGIT_SEEDS);
      reversible(rows, listener, digits);
      blockSparse(rows, listener, AccuracyTasks.perceptron(digits), target, options);
    }
    if (settings.wants(CIFAR)) {
      compressed(rows, listener, CIFAR, AccuracyTasks.cifar(), CIFAR_SEEDS);
    }
  }

  private static void compressed(
      AccuracyRows rows, Listener listener, String part, Task task, int seeds) {
    listener.row(rows.sameBits(new Pair(part, task, backward("exact"), 1)));
    listener.row(rows.reaches(new Pair(part, task, backward("quantized:8"), seeds), -0.3, -0.2));
    listener.row(rows.reaches(new Pair(part, task, backward("pooled:2"), seeds), -0.7, -0.5));
  }

  private static void reversible(AccuracyRows rows, Listener listener, DataSet digits) {
    BackwardRun reversible = backward("reversible");
    Task exact = AccuracyTasks.reversibleExact(digits);
    listener.row(rows.sameBits(new Pair(DIGITS, exact, reversible, 1)));
    Task plain = AccuracyTasks.reversible(digits);
    listener.row(rows.within(new Pair(DIGITS, plain, reversible, DIGIT_SEEDS), 0.2));
  }

  private static void blockSparse(
      AccuracyRows rows, Listener listener, Task task, Target target, Target.Options options) {
    BackwardRun sparse = backward("blocksparse:16:0.7");
    Subject large = Subject.perceptron(LARGE_BATCH, target, options);
    listener.row(
        large
            .figure(DIGITS, sparse.saving(), "joint peak below store %")
            .atLeast(large.below(sparse.saving()), REPORTED, null, Map.of()));
    double below = Subject.perceptron(task.batch(), target, options).below(sparse.saving());
    listener.row(
        rows.loses(
            new Pair(DIGITS, task, sparse, DIGIT_SEEDS), 0.5, Map.of("peak_below_store", below)));
  }

  private static BackwardRun backward(String text) {
    return BackwardSpec.parse(text).runs().getFirst();
  }

  private static Run train(
      Task task, BackwardRun backward, long seed, Target target, Target.Options options) {
    try (Contestant run = new Contestant(task, backward, seed, target, options)) {
      while (run.going()) {
        run.advance(Trainer.FIRST_STEPS);
      }
      RunResult result = run.result();
      if (!result.ok()) {
        throw new IllegalStateException(backward + ", seed " + seed + ": " + result.reason());
      }
      List<Double> losses = result.course().loss();
      String bits = bits(losses.subList(0, Math.min(Trainer.FIRST_STEPS, losses.size())));
      return new Run(result.course().accuracy(), bits, result.course().secondsPerStep());
    }
  }

  /// A digest of the bits of these numbers.
  private static String bits(List<Double> losses) {
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * losses.size());
    losses.forEach(bytes::putDouble);
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
