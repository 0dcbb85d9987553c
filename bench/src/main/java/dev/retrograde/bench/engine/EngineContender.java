package dev.retrograde.bench.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.Contender;
import dev.retrograde.bench.task.ParameterSpec;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StepTime;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A training step of ours: what a plan traces, compiled for one target.
///
/// Compiles when it is made, and again when the number of threads changes. Owns state and code
/// until closed.
public final class EngineContender implements Contender {
  static final String LOSS = "loss";
  private static final String X = "x";
  private static final String LABELS = "labels";
  private static final String RATE = "lr";
  private static final String KEY = "key";

  private final PeerTask task;
  private final Target target;
  private final Program program;
  private final StateStore state;
  private final boolean drawsNumbers;
  private @Nullable Batch batch;
  private Executable step;
  private int threads;
  private int stepsDone;

  /// A step of `task` with `batch` samples (0 where the task has no batch) on `target`, for
  /// `threads` threads (at least 1).
  public EngineContender(PeerTask task, int batch, Target target, int threads) {
    this(task, batch, target, threads, new Saving.Store());
  }

  /// The same under a saving policy that asks for no budget.
  public EngineContender(PeerTask task, int batch, Target target, int threads, Saving saving) {
    this.task = task;
    this.target = target;
    this.threads = threads;
    this.program = EngineSteps.step(task, batch, saving);
    this.drawsNumbers = program.inputs().stream().anyMatch(input -> input.name().equals(KEY));
    this.state = StateStore.of(0, program);
    try {
      for (ParameterSpec parameter : task.parameters()) {
        check(parameter);
      }
      this.step = target.compile(program, state, Target.Options.threads(threads));
    } catch (RuntimeException | Error failure) {
      state.close();
      throw failure;
    }
  }

  private void check(ParameterSpec parameter) {
    int[] extents = parameter.shape().stream().mapToInt(Integer::intValue).toArray();
    Type expected = Type.of(DType.F32, extents);
    Type found = state.entry(ours(parameter)).type();
    if (!found.equals(expected)) {
      throw new AssertionError(
          "Task '%s', parameter '%s': expected %s, the zoo's '%s' is %s"
              .formatted(task.name(), parameter.name(), expected, ours(parameter), found));
    }
  }

  private String ours(ParameterSpec parameter) {
    return EngineNames.of(task, parameter.name());
  }

  @Override
  public String name() {
    return "retrograde";
  }

  @Override
  public void setParameters(Map<String, float[]> values) {
    if (values.size() != task.parameters().size()) {
      throw new IllegalArgumentException(
          "Task '%s': expected the parameters %s, found %s"
              .formatted(
                  task.name(),
                  task.parameters().stream().map(ParameterSpec::name).toList(),
                  values.keySet()));
    }
    stepsDone = 0;
    for (StateEntry entry : state.entries()) {
      if (entry.role() != Role.PARAMETER) {
        restart(entry);
      }
    }
    for (ParameterSpec parameter : task.parameters()) {
      float[] found = values.get(parameter.name());
      if (found == null || found.length != parameter.size()) {
        throw new IllegalArgumentException(
            "Task '%s', parameter '%s': expected %d values of shape %s, found %s"
                .formatted(
                    task.name(),
                    parameter.name(),
                    parameter.size(),
                    parameter.shape(),
                    found == null ? "none" : found.length));
      }
      MemorySegment place = state.segment(ours(parameter));
      MemorySegment.copy(found, 0, place, JAVA_FLOAT, 0, found.length);
    }
  }

  /// Momentum and running statistics start at constants.
  private void restart(StateEntry entry) {
    if (!(entry.init() instanceof Init.Fill(double start)) || entry.type().dtype() != DType.F32) {
      throw new AssertionError("state '" + entry.name() + "' does not start at an f32 constant");
    }
    MemorySegment place = state.segment(entry.name());
    for (long i = 0; i < entry.type().size(); i++) {
      place.setAtIndex(JAVA_FLOAT, i, (float) start);
    }
  }

  @Override
  public Map<String, float[]> parameters() {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec parameter : task.parameters()) {
      values.put(parameter.name(), state.segment(ours(parameter)).toArray(JAVA_FLOAT));
    }
    return values;
  }

  @Override
  public void setInputs(Batch values) {
    batch = values;
    write();
  }

  private void write() {
    Batch values = batch;
    if (values == null || !EngineSteps.hasBatch(task)) {
      return;
    }
    copy(X, MemorySegment.ofArray(values.x()));
    if (task.classes() > 0) {
      copy(LABELS, MemorySegment.ofArray(values.labels()));
    } else {
      step.input(LABELS).fill((byte) 0);
    }
    task.update().ifPresent(sgd -> step.input(RATE).set(JAVA_FLOAT, 0, sgd.learningRate()));
  }

  private void copy(String input, MemorySegment values) {
    long expected = inputBytes(input);
    if (values.byteSize() != expected) {
      throw new IllegalArgumentException(
          "Task '%s', input '%s': expected %d values, found %d; draw the batch for this task and size"
              .formatted(
                  task.name(),
                  input,
                  expected / JAVA_INT.byteSize(),
                  values.byteSize() / JAVA_INT.byteSize()));
    }
    MemorySegment.copy(values, 0, step.input(input), 0, expected);
  }

  private long inputBytes(String input) {
    return program.inputs().stream()
        .filter(named -> named.name().equals(input))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the step has no input '" + input + "'"))
        .value()
        .type()
        .bytes();
  }

  @Override
  public void threads(int count) {
    if (count != threads) {
      step.close();
      step = target.compile(program, state, Target.Options.threads(count));
      threads = count;
      write();
    }
  }

  @Override
  public float step() {
    if (drawsNumbers) {
      step.input(KEY).setAtIndex(JAVA_INT, 1, stepsDone);
    }
    stepsDone++;
    step.run();
    return step.output(LOSS).get(JAVA_FLOAT, 0);
  }

  /// The gradient of an operand after a step of a task that updates nothing.
  float[] gradient(String name) {
    return step.output(EngineSteps.GRADIENT + name).toArray(JAVA_FLOAT);
  }

  /// What compiling made.
  public Executable.Compiled compiled() {
    return step.compiled();
  }

  /// Every byte a step keeps, by the plan it runs by.
  public MemoryReport memory() {
    return step.memory();
  }

  /// Runs one step and times its kernels.
  public List<StepTime> profile() {
    return step.profile();
  }

  @Override
  public void close() {
    step.close();
    state.close();
  }
}
