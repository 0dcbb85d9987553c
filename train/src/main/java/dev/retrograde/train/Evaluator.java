package dev.retrograde.train;

import dev.retrograde.data.ImageSet;
import dev.retrograde.data.load.Batch;
import dev.retrograde.data.load.Loader;
import dev.retrograde.data.load.LoaderSettings;
import dev.retrograde.data.load.Normalization;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Runs a model as it predicts over whole sets of images.
///
/// Owns its executables, borrows the state. Belongs to the thread that made it.
public final class Evaluator implements AutoCloseable {
  private final Executables programs;

  public Evaluator(Plan plan, StateStore state, Target target, Target.Options options) {
    programs = new Executables(plan::evaluate, state, target, options);
  }

  /// Loss and hits over a set, in its own order.
  ///
  /// @param batch samples a run
  /// @param normalization the one that the model was trained with
  public Evaluation evaluate(ImageSet set, int batch, Normalization normalization) {
    double loss = 0;
    long correct = 0;
    long count = 0;
    LoaderSettings settings = LoaderSettings.evaluation(batch).normalize(normalization);
    try (Loader loader = Loader.open(set, settings)) {
      while (loader.hasNext()) {
        Batch b = loader.next();
        Executable e = programs.of(b.count());
        fill(e, b);
        e.run();
        loss += e.output(Plan.LOSS).get(ValueLayout.JAVA_FLOAT, 0);
        correct += e.output(Plan.CORRECT).get(ValueLayout.JAVA_INT, 0);
        count += b.count();
      }
    }
    return new Evaluation(count == 0 ? Double.NaN : loss / count, correct, count);
  }

  /// Copies the rows of a batch to the inputs.
  static void fill(Executable e, Batch b) {
    long row = (long) b.shape().volume() * Float.BYTES;
    MemorySegment.copy(b.images(), 0, e.input(Plan.X), 0, row * b.count());
    MemorySegment.copy(b.labels(), 0, e.input(Plan.LABELS), 0, (long) Integer.BYTES * b.count());
  }

  @Override
  public void close() {
    programs.close();
  }
}
