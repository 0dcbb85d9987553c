package dev.retrograde.lab.compare;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.load.Loader;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import dev.retrograde.train.Material;
import dev.retrograde.train.Plan;
import dev.retrograde.train.Training;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/// Compares the gradients of a run's policy with the exact ones, at the weights that the run has
/// now, on the first batch of its training part. Changes nothing of the run.
///
/// The two programs are compiled one after the other and closed at once, so that their memory does
/// not add up.
record GradientProbe(Training run, int batch, Target target, Target.Options options) {

  /// Gradients this much shorter than the longest are nothing but roundings, such as those of
  /// biases in front of a batch norm.
  private static final double ROUNDINGS = 1e-5;

  /// The cosine for each parameter whose gradient is more than roundings, in the order of the
  /// state.
  Map<String, Double> cosines() {
    Map<String, float[]> exact = gradients(run.plan().with(new Saving.Store()));
    Map<String, float[]> mine = gradients(run.plan());
    Map<String, Double> all = new LinkedHashMap<>();
    double longest = exact.values().stream().mapToDouble(GradientProbe::length).max().orElse(0);
    exact.forEach((name, e) -> {
      if (length(e) >= ROUNDINGS * longest) {
        all.put(name, cosine(e, mine.getOrDefault(name, new float[0])));
      }
    });
    return all;
  }

  private Map<String, float[]> gradients(Plan plan) {
    Program program = plan.gradients(batch, p -> target.forecast(p, options));
    StateStore state = run.state();
    Map<String, float[]> all = new LinkedHashMap<>();
    try (Executable e = target.compile(program, state, options)) {
      fill(e);
      e.run();
      for (Program.Named o : program.outputs()) {
        if (state.has(o.name())) {
          all.put(o.name(), read(e.output(o.name())));
        }
      }
    }
    return all;
  }

  private void fill(Executable e) {
    Material data = run.material();
    try (Loader loader = Loader.open(data.train(batch), data.evaluation(batch))) {
      run.fill(e, loader.next());
    }
  }

  private static double length(float[] a) {
    double sum = 0;
    for (float v : a) {
      sum += (double) v * v;
    }
    return Math.sqrt(sum);
  }

  private static float[] read(MemorySegment m) {
    return m.toArray(ValueLayout.JAVA_FLOAT);
  }

  /// 1 where both are the same, zeros included.
  static double cosine(float[] a, float[] b) {
    if (a.length != b.length) {
      return Double.NaN;
    }
    double ab = 0;
    double aa = 0;
    double bb = 0;
    boolean same = true;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
      same &= a[i] == b[i];
    }
    return same ? 1 : aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
  }
}
