package dev.retrograde.lab.compare;

import dev.retrograde.choice.Frontier;
import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.task.Task;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.target.Target;
import dev.retrograde.train.Training;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a training step is made of, without training.
///
/// @param step the joint program, the choice of backward pass applied
/// @param resolved what each layer got
/// @param compiled facts about the compiled form
/// @param memory every byte a step keeps
/// @param kept what backward reads of forward, and how memory was foretold
/// @param frontier under a budget, the mixtures it chose from, the fastest first; otherwise empty
/// @param listing passes and kernels; empty for a target that does not compile
public record Explanation(
    Program step,
    Map<String, String> resolved,
    Executable.Compiled compiled,
    MemoryReport memory,
    Kept kept,
    List<Frontier.Point> frontier,
    Optional<Listing> listing) {
  public Explanation {
    frontier = List.copyOf(frontier);
  }

  /// Traces and compiles a step of the full batch.
  ///
  /// @throws IllegalArgumentException if this version lacks what the run asks for
  /// @throws dev.retrograde.choice.BudgetException if no mixture fits a budget
  public static Explanation of(Task task, BackwardRun run, Target target, Target.Options options) {
    run.refusal()
        .ifPresent(why -> {
          throw new IllegalArgumentException(run + ": " + why);
        });
    try (Training training = task.training(run.saving(), 1, target, options)) {
      Executable step = training.stepExecutable();
      return new Explanation(
          training.saved().program(),
          Resolution.of(task.layers(), training.saved()),
          step.compiled(),
          step.memory(),
          Kept.of(training, target, options),
          frontier(task, run, training, target, options),
          listing(step));
    }
  }

  private static List<Frontier.Point> frontier(
      Task task, BackwardRun run, Training training, Target target, Target.Options options) {
    if (!(run.saving() instanceof Saving.Budget b)) {
      return List.of();
    }
    int batch = Math.min(task.batch(), task.trainSize());
    return training.plan().frontier(batch, b.lossy(), p -> target.forecast(p, options)).points();
  }

  /// Whether a mixture of the frontier is the one that was taken.
  public boolean chosen(Frontier.Point point) {
    return kept.policy().equals(point.policy().spec());
  }

  private static Optional<Listing> listing(Executable step) {
    try {
      return Optional.of(step.listing());
    } catch (UnsupportedOperationException e) {
      return Optional.empty(); // the interpreter has no kernels
    }
  }

  /// As a record: one row a tensor.
  public ObjectNode json(Envelope envelope) {
    ObjectNode out = envelope.json();
    out.set("resolved", Json.tree(resolved));
    out.put("kernels", compiled.kernels());
    out.put("distinct_kernels", compiled.distinct());
    out.put("code_bytes", compiled.codeBytes());
    out.put("compile_seconds", compiled.compileNanos() * 1e-9);
    out.put("peak_bytes", memory.peakBytes());
    out.put("peak_step", memory.peakStep());
    out.put("peak_node", memory.peakNode());
    out.put("arena_bytes", memory.arenaBytes());
    tags(out.putObject("peak_by_tag"));
    out.put("policy", kept.policy());
    out.put("residual_bytes", kept.bytes());
    out.put("kept_bytes", kept.kept());
    out.put("reserved_bytes", kept.reserved().bytes());
    kept.forecast()
        .ifPresent(f -> {
          out.put("forecast_peak_bytes", f.memory().peakBytes());
          out.put("forecast_bytes", f.bytes());
          out.put("forecast_seconds", f.seconds());
        });
    kept.residuals().forEach(new Residuals(out.putArray("residuals"))::add);
    if (!frontier.isEmpty()) {
      frontier(out.putArray("frontier"));
    }
    ArrayNode rows = out.putArray("rows");
    for (Entry e : memory.tensors()) {
      ObjectNode row = rows.addObject();
      row.put("tensor", e.name());
      row.put("tag", e.tag().name().toLowerCase(Locale.ROOT));
      row.put("bytes", e.bytes());
      row.put("birth", e.birth());
      row.put("death", e.death());
      row.put("offset", e.offset());
    }
    return out;
  }

  private void tags(ObjectNode out) {
    memory
        .atPeak()
        .forEach((tag, bytes) -> out.put(tag.name().toLowerCase(Locale.ROOT), bytes.longValue()));
  }

  private void frontier(ArrayNode out) {
    for (Frontier.Point p : frontier) {
      ObjectNode one = out.addObject();
      one.put("label", p.label());
      one.put("policy", p.policy().spec());
      one.put("bytes", p.bytes());
      one.put("peak_bytes", p.forecast().memory().peakBytes());
      one.put("seconds", p.forecast().seconds());
      one.put("chosen", chosen(p));
    }
  }

  private record Residuals(ArrayNode out) {
    void add(Residual r) {
      ObjectNode one = out.addObject();
      one.put("value", r.value());
      one.put("layer", r.layer());
      one.put("op", r.op());
      one.put("policy", r.policy());
      one.put("bytes", r.bytes());
      one.put("kept", r.kept());
      one.set("readers", Json.tree(r.readers()));
      one.put("reason", r.reason());
    }
  }
}
