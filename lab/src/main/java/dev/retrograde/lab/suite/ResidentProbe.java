package dev.retrograde.lab.suite;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.record.ResidentSet;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/// A process that compiles one step, runs it a few times, and writes how its resident memory grew.
/// Started by [ResidentRows].
public final class ResidentProbe {
  private static final int STEPS = 3;

  private ResidentProbe() {}

  /// @param arguments model, batch, policy, target, threads, file for the answer
  public static void main(String[] arguments) throws IOException {
    Target target = Targets.find().choose(arguments[3]).target();
    Target.Options options = Target.Options.threads(Integer.parseInt(arguments[4]));
    Subject s = Subject.of(arguments[0], Integer.parseInt(arguments[1]), target, options);
    Program program = s.saved(Saving.parse(arguments[2])).program();
    try (StateStore state = StateStore.of(1, program);
        Executable step = target.compile(program, state, options)) {
      Subject.fill(step);
      System.gc();
      ResidentSet.forgetPeak();
      long idle = ResidentSet.now().orElseThrow();
      for (int i = 0; i < STEPS; i++) {
        step.run();
      }
      ObjectNode answer = Json.object();
      answer.put("idle_bytes", idle);
      answer.put("rss_peak_bytes", ResidentSet.peak().orElseThrow());
      answer.put("arena_bytes", step.memory().arenaBytes());
      Json.write(Path.of(arguments[5]), answer);
    }
  }
}
