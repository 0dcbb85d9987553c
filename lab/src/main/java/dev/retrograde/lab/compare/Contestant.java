package dev.retrograde.lab.compare;

import dev.retrograde.choice.BudgetException;
import dev.retrograde.choice.SavingException;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.compare.RunResult.Cost;
import dev.retrograde.lab.compare.RunResult.Course;
import dev.retrograde.lab.compare.RunResult.Status;
import dev.retrograde.lab.record.ResidentSet;
import dev.retrograde.lab.task.Task;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryLimitException;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import dev.retrograde.train.EpochResult;
import dev.retrograde.train.NonFiniteException;
import dev.retrograde.train.Training;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One run under observation: it trains in blocks of steps, and what happens is written down.
///
/// Compiling waits for the first block, so that what the run adds to the process can be measured
/// alone. A run that breaks off keeps what it had; it does not throw.
public final class Contestant implements AutoCloseable {
  private final Task task;
  private final BackwardRun backward;
  private final long seed;
  private final Target target;
  private final Target.Options options;
  private final List<Double> blockSeconds = new ArrayList<>();
  private @Nullable Training training;
  private Status status = Status.OK;
  private String reason = "";
  private Map<String, String> resolved = Map.of();
  private String weights = "";
  private String batches = "";
  private Optional<Cost> cost = Optional.empty();
  private @Nullable RuntimeException failure;
  private Map<String, Double> fidelityAtStart = Map.of();
  private Map<String, Double> fidelityAtEnd = Map.of();
  private boolean watchesGradients;
  private int blocks;
  private long rssPeak = -1;
  private long rssGrowth = -1;

  /// A run that has not begun; it is refused at once where this version lacks what it asks for.
  public Contestant(
      Task task, BackwardRun backward, long seed, Target target, Target.Options options) {
    this.task = task;
    this.backward = backward;
    this.seed = seed;
    this.target = target;
    this.options = options;
    backward
        .refusal()
        .ifPresent(why -> {
          status = Status.REFUSED;
          reason = why;
        });
  }

  /// How it goes backward.
  public BackwardRun backward() {
    return backward;
  }

  /// What decides everything that is drawn.
  public long seed() {
    return seed;
  }

  /// Has gradients compared with the exact ones before the first and after the last step, if the
  /// policy changes them.
  public void watchGradients() {
    watchesGradients = status == Status.OK && !backward.saving().lossless();
  }

  /// Whether steps are left to do.
  public boolean going() {
    return status == Status.OK && (training == null || training.steps() < task.steps());
  }

  /// Steps done.
  public long steps() {
    return training == null ? 0 : training.steps();
  }

  /// Epochs done, with what came of them.
  public List<EpochResult> epochs() {
    return training == null ? List.of() : training.epochResults();
  }

  /// The loss of the last step; NaN before the first.
  public double loss() {
    int n = training == null ? 0 : training.losses().size();
    return training == null || n == 0 ? Double.NaN : training.losses().get(n - 1);
  }

  /// The training underneath, once the first block is done.
  public Optional<Training> training() {
    return Optional.ofNullable(training);
  }

  /// What the run broke off with, if anything was thrown.
  public Optional<RuntimeException> failure() {
    return Optional.ofNullable(failure);
  }

  /// Hash of the initial weights; empty before the first block.
  public String weights() {
    return weights;
  }

  /// Hash of the order of batches; empty before the first block.
  public String batches() {
    return batches;
  }

  /// Trains up to `steps` steps more.
  public void advance(int steps) {
    if (!going()) {
      return;
    }
    Training known = training;
    boolean first = known == null;
    try {
      if (first) {
        System.gc();
      }
      boolean anew = ResidentSet.forgetPeak();
      OptionalLong before = ResidentSet.now();
      Training run = known == null ? open() : known;
      if (first) {
        if (watchesGradients) {
          fidelityAtStart = fidelity(run);
        }
        // What compiling and planning left on the heap is garbage, and not what the run takes.
        System.gc();
        anew &= ResidentSet.forgetPeak();
      }
      int from = (int) run.steps();
      int to = (int) Math.min(task.steps(), from + (long) steps);
      while (run.steps() < to) {
        run.step();
      }
      OptionalLong peak = ResidentSet.peak();
      rssPeak = Math.max(rssPeak, peak.orElse(-1));
      if (first && anew && before.isPresent() && peak.isPresent()) {
        rssGrowth = Math.max(0, peak.getAsLong() - before.getAsLong());
      }
      keepTime(run, from, to);
      if (!going() && watchesGradients) {
        fidelityAtEnd = fidelity(run);
      }
    } catch (NonFiniteException e) {
      failure = e;
      fail("not finite: " + firstLine(e));
    } catch (MemoryLimitException | BudgetException | SavingException e) {
      failure = e;
      status = Status.REFUSED;
      reason = firstLine(e);
    } catch (RuntimeException e) {
      failure = e;
      fail(firstLine(e));
    } catch (AssertionError | OutOfMemoryError | StackOverflowError e) {
      failure = new IllegalStateException(firstLine(e), e);
      fail(firstLine(e));
    }
  }

  /// Ends the run before its time.
  public void stop(String why) {
    if (going()) {
      fail(why);
    }
  }

  /// What has happened so far.
  public RunResult result() {
    Course course = Course.NONE;
    Training run = training;
    if (run != null && !(failure instanceof MemoryLimitException)) {
      cost = Optional.of(cost(run));
      List<Double> accuracy = new ArrayList<>();
      List<Integer> steps = new ArrayList<>();
      long perEpoch = task.steps() / task.epochs();
      for (EpochResult e : run.epochResults()) {
        if (e.test() != null) {
          accuracy.add(e.test().accuracy());
          steps.add((int) (e.epoch() * perEpoch));
        }
      }
      course =
          new Course(
              list(run.losses().toArray()),
              list(run.secondsPerStep().toArray()),
              blockSeconds,
              accuracy,
              steps);
    }
    Optional<Fidelity> fidelity =
        fidelityAtStart.isEmpty()
            ? Optional.empty()
            : Optional.of(new Fidelity(fidelityAtStart, fidelityAtEnd));
    return new RunResult(backward, seed, status, reason, resolved, course, cost, fidelity);
  }

  @Override
  public void close() {
    if (training != null) {
      training.close();
    }
  }

  private Training open() {
    Training run = task.training(backward.saving(), seed, target, options);
    training = run;
    weights = hash(run.state());
    batches = run.orderHash();
    resolved = Resolution.of(task.layers(), run.saved());
    return run;
  }

  /// Empty where a step under `store` does not fit.
  private Map<String, Double> fidelity(Training run) {
    int batch = Math.min(task.batch(), task.trainSize());
    try {
      return new GradientProbe(run, batch, target, options).cosines();
    } catch (MemoryLimitException e) {
      return Map.of();
    }
  }

  /// Blocks are long enough to be told apart from a stray interruption; the first of them warms up.
  private void keepTime(Training run, int from, int to) {
    if (blocks++ == 0) {
      return;
    }
    int perEpoch = (int) (task.steps() / task.epochs());
    boolean shortLast = task.trainSize() % task.batch() != 0;
    List<Double> full = new ArrayList<>();
    for (int i = from; i < to; i++) {
      if (!shortLast || (i + 1) % perEpoch != 0) {
        full.add(run.secondsPerStep().get(i));
      }
    }
    if (!full.isEmpty()) {
      blockSeconds.add(Spread.median(full));
    }
  }

  private Cost cost(Training run) {
    Executable step = run.stepExecutable();
    MemoryReport memory = step.memory();
    Executable.Compiled made = step.compiled();
    return new Cost(
        memory,
        rssPeak,
        rssGrowth,
        made.macs()[0],
        made.macs()[1],
        task.summary().parameters(),
        made.compileNanos() * 1e-9,
        made.kernels(),
        made.distinct(),
        Kept.of(run, target, options));
  }

  private void fail(String why) {
    status = Status.FAILED;
    reason = why;
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }

  /// Of parameters and statistics, as 16 hexadecimal digits.
  private static String hash(StateStore state) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
    for (StateEntry e : state.entries()) {
      if (e.role() == Role.PARAMETER || e.role() == Role.STATISTIC) {
        digest.update(e.name().getBytes(StandardCharsets.UTF_8));
        digest.update(state.segment(e.name()).asByteBuffer());
      }
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
