package dev.retrograde.train;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.choice.Frontier;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Forecast;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// What a run of plain training is: the programs over one state. A batch size gives programs of its
/// own; all of them share the state.
///
/// | program | inputs | outputs |
/// |---|---|---|
/// | step | those of the objective, `lr: f32`, and `key: i32 [2]` if the model draws random numbers | `loss: f32` (mean over units), `correct: i32` |
/// | evaluate | those of the objective | `loss: f32` (sum over units), `correct: i32`, `logits` |
///
/// A step whose loss is not finite leaves the state as it was.
///
/// @param objective what the model is asked
/// @param saving what becomes of forward values that backward reads
public record Plan(Objective objective, Optimizer optimizer, Saving saving) {
  /// Names of inputs and outputs.
  static final String LR = "lr";

  static final String KEY = "key";
  static final String LOSS = "loss";
  static final String CORRECT = "correct";
  static final String LOGITS = "logits";

  /// One label a sample.
  ///
  /// @param model ends in logits `[batch, classes]`
  /// @param sample extents of one sample, such as `[h, w, c]`
  public Plan(Layer model, Loss loss, Optimizer optimizer, Saving saving, List<Integer> sample) {
    this(new Classification(model, loss, sample), optimizer, saving);
  }

  /// Forward, backward and update in one, under the saving policy.
  public Program step(int batch) {
    return FiniteGuard.guard(saving.apply(joint(batch)), LOSS);
  }

  /// The same with an account of what is kept for backward.
  ///
  /// @param forecasts what a program would need; asked by a policy that is given a budget
  public Saved saved(int batch, Function<Program, Forecast> forecasts) {
    Saved s = saving.save(joint(batch), p -> forecasts.apply(FiniteGuard.guard(p, LOSS)));
    return new Saved(FiniteGuard.guard(s.program(), LOSS), s.policy(), s.residuals());
  }

  /// The mixtures of policies worth taking for a step, from which a budget chooses.
  ///
  /// @param lossy whether policies that change the gradient take part
  /// @param forecasts what a program would need
  public Frontier frontier(int batch, boolean lossy, Function<Program, Forecast> forecasts) {
    return new Frontier(joint(batch), lossy, p -> forecasts.apply(FiniteGuard.guard(p, LOSS)));
  }

  /// Forward and backward without the update, under the saving policy: the gradient of every
  /// parameter is an output of its name, and no state changes. For looking at gradients.
  ///
  /// @param forecasts what a program would need; asked by a policy that is given a budget
  public Program gradients(int batch, Function<Program, Forecast> forecasts) {
    Program joint =
        Trace.program(
            "gradients",
            true,
            t -> {
              Tensor loss = forward(t, batch);
              t.phase(Phase.BACKWARD);
              gradientsOf(t, loss).forEach(t::output);
            });
    Program bare =
        new Program(
            joint.name(),
            joint.state(),
            joint.inputs(),
            joint.nodes(),
            joint.outputs(),
            List.of(),
            joint.functions());
    return saving.save(bare, forecasts).program();
  }

  private static Map<String, Tensor> gradientsOf(Trace t, Tensor loss) {
    Map<String, Value> wanted = new LinkedHashMap<>();
    for (StateEntry e : t.state()) {
      if (e.role() == Role.PARAMETER) {
        wanted.put(e.name(), t.stateValue(e.name()).value());
      }
    }
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted)
        .forEach((name, g) -> gradients.put(name, new Tensor(g)));
    return gradients;
  }

  /// The same plan under another saving policy.
  public Plan with(Saving other) {
    return new Plan(objective, optimizer, other);
  }

  /// Forward, backward and update before any policy.
  public Program joint(int batch) {
    Program step =
        Trace.program(
            "step",
            true,
            t -> {
              Tensor loss = forward(t, batch);
              Tensor lr = t.input(LR, Type.of(DType.F32));
              t.phase(Phase.BACKWARD);
              Map<String, Tensor> gradients = gradientsOf(t, loss);
              t.phase(Phase.UPDATE);
              t.scope(
                  "update",
                  () -> {
                    optimizer.update(t, gradients, lr);
                    return lr;
                  });
            });
    return optimizer.finish(step);
  }

  /// The model as it predicts, with loss and hits.
  public Program evaluate(int batch) {
    return Trace.program(
        "evaluate",
        false,
        t -> {
          Objective.Answer a = objective.answer(t, batch);
          t.output(LOGITS, a.logits());
          t.scope(
              "loss",
              () -> {
                t.output(LOSS, t.sum(a.losses(t)));
                t.output(CORRECT, a.correct(t));
                return a.logits();
              });
        });
  }

  /// The forward part of a step alone, without updates: what a search for a bad value runs.
  Program forward(int batch) {
    Program p = Trace.program("forward", true, t -> forward(t, batch));
    return new Program(
        p.name(), p.state(), p.inputs(), p.nodes(), p.outputs(), List.of(), p.functions());
  }

  private Tensor forward(Trace t, int batch) {
    Objective.Answer a = objective.answer(t, batch);
    // One scope for both: recomputation leaves the last segment alone.
    return t.scope(
        "loss",
        () -> {
          Tensor mean = t.mean(a.losses(t));
          t.output(LOSS, mean);
          t.output(CORRECT, a.correct(t));
          return mean;
        });
  }
}
