package dev.retrograde.train;

import dev.retrograde.choice.Saved;
import dev.retrograde.data.load.Batch;
import dev.retrograde.data.load.Loader;
import dev.retrograde.data.load.SampleSource;
import dev.retrograde.ir.Program;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A run of training.
///
/// ```java
/// try (Training run = Training.of("lenet").data(set).batch(64).epochs(5)
///         .update(sgd(0.05).momentum(0.9), Schedule.cosine()).start()) {
///   run.epochs(5);
///   run.save(Path.of("model"));
/// }
/// ```
///
/// Equal settings give equal bits: initial weights come from the seed and their names, the order of
/// samples from (seed, epoch), augmentation from (seed, epoch, sample), random numbers of the model
/// from `[seed, step]`. The learning rate is an input of the step, so a schedule compiles nothing.
///
/// Owns its state, its executables and its loader; [#close] frees them. Belongs to the thread that
/// started it.
public final class Training implements AutoCloseable {
  private final Setup setup;
  private final Material material;
  private final Plan plan;
  private final Saved saved;
  private final StateStore state;
  private final Executables steps;
  private final Evaluator evaluator;
  private final Loader loader;
  private final Series losses = new Series();
  private final Series seconds = new Series();
  private final List<EpochResult> epochs = new ArrayList<>();
  private long step;
  private boolean stopped;
  // Sums over the epoch so far.
  private double lossSum;
  private long correct;
  private long seen;
  private double spent;

  Training(Setup s, Material material) {
    this.setup = s;
    this.material = material;
    SampleSource samples = material.train(s.batch);
    Layer model = s.layer.apply(material);
    Plan asked = new Plan(material.objective(model, s.loss), s.optimizer, s.saving);
    int first = Math.min(s.batch, samples.size());
    saved = asked.saved(first, p -> s.target.forecast(p, s.options));
    // A budget is settled once, on the full batch; shorter ones need less under the same policy.
    plan = asked.with(saved.policy());
    Program stepProgram = saved.program();
    Program evaluate = plan.evaluate(first);
    int classes = evaluate.output(Plan.LOGITS).type().dim(1);
    if (classes != material.classes()) {
      throw new IllegalArgumentException(
          "the model gives "
              + classes
              + " logits a sample, '"
              + material.name()
              + "' has "
              + material.classes()
              + " classes; end the model with dense("
              + material.classes()
              + ")");
    }
    state = StateStore.of(s.seed, stepProgram, evaluate);
    // The programs of the first size are traced already.
    steps =
        new Executables(n -> n == first ? stepProgram : plan.step(n), state, s.target, s.options);
    evaluator = new Evaluator(plan, state, s.target, s.options);
    try {
      loader = Loader.open(samples, material.training(s.batch, s.seed, s.augmentations));
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  /// A run of an own model.
  public static Setup of(Layer model) {
    return new Setup("custom", m -> model);
  }

  /// A run of a model of the [Zoo], by its spec, with as many outputs as the data has classes.
  public static Setup of(String spec) {
    return new Setup(spec, m -> Zoo.of(spec, m.classes(), m.symbols()));
  }

  /// A run of an own model that is known by a name.
  public static Setup of(String name, Layer model) {
    return new Setup(name, m -> model);
  }

  // Training.

  /// Trains to the end of the current epoch and `n - 1` epochs more.
  public void epochs(int n) {
    for (int i = 0; i < n; i++) {
      int done = epochs.size();
      while (epochs.size() == done) {
        step();
      }
    }
  }

  /// Trains `n` batches; epochs that end on the way are validated.
  public void steps(int n) {
    for (int i = 0; i < n; i++) {
      step();
    }
  }

  /// Trains one batch; validates if it ends an epoch.
  ///
  /// @return the mean loss over the batch, before the update
  /// @throws NonFiniteException if the loss is not finite; the state stays, the run is over
  public double step() {
    if (stopped) {
      throw new IllegalStateException(
          "the run stopped at step " + step + " on a loss that was not finite; start another");
    }
    Batch b = loader.next();
    Executable e = steps.of(b.count());
    long start = System.nanoTime();
    fill(e, b);
    e.run();
    double took = (System.nanoTime() - start) * 1e-9;
    double loss = e.output(Plan.LOSS).get(ValueLayout.JAVA_FLOAT, 0);
    if (!Double.isFinite(loss)) {
      stopped = true;
      throw new NonFiniteException(step, b.epoch() + 1, b.index(), loss, firstBad(b));
    }
    step++;
    losses.add(loss);
    seconds.add(took);
    int units = plan.objective().units(b.count());
    lossSum += loss * units;
    correct += e.output(Plan.CORRECT).get(ValueLayout.JAVA_INT, 0);
    seen += units;
    spent += took;
    for (Progress p : setup.listeners) {
      p.onStep(this, loss);
    }
    if (b.lastOfEpoch()) {
      endEpoch(b.epoch() + 1);
    }
    return loss;
  }

  private void endEpoch(long number) {
    EpochResult r =
        new EpochResult(
            number,
            lossSum / seen,
            (double) correct / seen,
            setup.validate ? evaluate() : null,
            spent);
    lossSum = 0;
    correct = 0;
    seen = 0;
    spent = 0;
    epochs.add(r);
    for (Progress p : setup.listeners) {
      p.onEpoch(this, r);
    }
  }

  /// Puts a batch into the inputs of a program of this run's plan, with the rate and the key of the
  /// step that is next where it takes them.
  public void fill(Executable e, Batch b) {
    Evaluator.fill(e, b);
    if (hasInput(e, Plan.LR)) {
      e.input(Plan.LR).set(ValueLayout.JAVA_FLOAT, 0, (float) rate(step));
    }
    if (hasInput(e, Plan.KEY)) {
      MemorySegment key = e.input(Plan.KEY);
      key.set(ValueLayout.JAVA_INT, 0, (int) (setup.seed ^ (setup.seed >>> 32)));
      key.set(ValueLayout.JAVA_INT, 4, (int) step);
    }
  }

  private static boolean hasInput(Executable e, String name) {
    for (Program.Named i : e.program().inputs()) {
      if (i.name().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /// Runs the forward part once more on this batch and asks value by value.
  private String firstBad(Batch b) {
    Program forward = plan.forward(b.count());
    List<FiniteGuard.Watched> watched = FiniteGuard.watched(forward);
    Program flags = FiniteGuard.flags(forward, watched);
    try (Executable e = setup.target.compile(flags, state, setup.options)) {
      fill(e, b);
      e.run();
      for (int i = 0; i < watched.size(); i++) {
        if (e.output("finite" + i).get(ValueLayout.JAVA_BYTE, 0) == 0) {
          return watched.get(i).name();
        }
      }
    }
    return "the loss";
  }

  /// The test part through the model as it is.
  public Evaluation evaluate() {
    return evaluator.evaluate(material.test(setup.batch), material.evaluation(setup.batch));
  }

  // Figures.

  /// The learning rate of a step, counted from 0.
  public double rate(long step) {
    return setup.optimizer.rate() * setup.schedule.factor(step, plannedSteps());
  }

  /// Steps taken.
  public long steps() {
    return step;
  }

  /// Steps of the planned epochs.
  public long plannedSteps() {
    return (long) setup.epochs * stepsPerEpoch();
  }

  public int stepsPerEpoch() {
    return loader.order().batches();
  }

  /// Mean loss of each step's batch.
  public Series losses() {
    return losses;
  }

  /// Seconds of each step, from filling the inputs to the end of the run. The first of each batch
  /// size is not warm.
  public Series secondsPerStep() {
    return seconds;
  }

  /// Epochs that ended.
  public List<EpochResult> epochResults() {
    return List.copyOf(epochs);
  }

  /// A checksum of the order of samples in the first planned epochs.
  public String orderHash() {
    return loader.orderHash(setup.epochs);
  }

  // What it is made of.

  public Plan plan() {
    return plan;
  }

  /// The step of the full batch under its saving policy, and what became of each residual.
  public Saved saved() {
    return saved;
  }

  public StateStore state() {
    return state;
  }

  public Material material() {
    return material;
  }

  /// The executable of a full step: program, memory and counters.
  public Executable stepExecutable() {
    return steps.of(Math.min(setup.batch, material.train(setup.batch).size()));
  }

  /// What describes the model to whoever loads it.
  public ModelCard card() {
    return new ModelCard(
        setup.model,
        material.card(),
        material.classNames(),
        setup.seed,
        new ModelCard.Settings(
            material.name(),
            setup.loss.spec(),
            setup.optimizer.spec(),
            setup.schedule.spec(),
            setup.saving.spec(),
            setup.target.name(),
            setup.batch,
            setup.epochs,
            step,
            setup.augmentations.stream().map(a -> a.name()).toList()));
  }

  /// What writes text as the model is now; the caller closes it before the run.
  ///
  /// @throws IllegalArgumentException if the run is not about text
  public TextSampler sampler() {
    return new TextSampler(plan, state, setup.target, setup.options);
  }

  /// Writes a model folder, made if need be.
  public void save(Path folder) throws IOException {
    ModelFolder.save(folder, card(), state);
  }

  @Override
  public void close() {
    loader.close();
    evaluator.close();
    steps.close();
    state.close();
  }
}
