package dev.retrograde.lab.compare;

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
/// @param listing passes and kernels; empty for a target that does not compile
public record Explanation(
    Program step,
    Map<String, String> resolved,
    Executable.Compiled compiled,
    MemoryReport memory,
    Optional<Listing> listing) {

  /// Traces and compiles a step of the full batch.
  ///
  /// @throws IllegalArgumentException if this version lacks what the run asks for
  public static Explanation of(Task task, BackwardRun run, Target target, Target.Options options) {
    run.refusal(task.layers())
        .ifPresent(why -> {
          throw new IllegalArgumentException(run + ": " + why);
        });
    try (Training training = task.training(run.saving(task.layers()), 1, target, options)) {
      int batch = Math.min(task.batch(), task.data().train().size());
      Executable step = training.stepExecutable();
      return new Explanation(
          training.plan().step(batch),
          Resolution.of(task, training),
          step.compiled(),
          step.memory(),
          listing(step));
    }
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
}
