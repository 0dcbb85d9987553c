package dev.retrograde.train;

import dev.retrograde.data.load.Batch;
import dev.retrograde.data.load.Field;
import dev.retrograde.data.load.Loader;
import dev.retrograde.data.load.LoaderSettings;
import dev.retrograde.data.load.SampleSource;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Runs a model as it predicts over whole sets.
///
/// Owns its executables, borrows the state. Belongs to the thread that made it.
public final class Evaluator implements AutoCloseable {
  private static final String PICTURES = "images";

  private final Executables programs;
  private final Objective objective;

  public Evaluator(Plan plan, StateStore state, Target target, Target.Options options) {
    objective = plan.objective();
    programs = new Executables(plan::evaluate, state, target, options);
  }

  /// Loss and hits over a set, in its own order.
  ///
  /// @param settings once through, in batches of the wanted size
  public Evaluation evaluate(SampleSource set, LoaderSettings settings) {
    double loss = 0;
    long correct = 0;
    long count = 0;
    try (Loader loader = Loader.open(set, settings)) {
      while (loader.hasNext()) {
        Batch b = loader.next();
        Executable e = programs.of(b.count());
        fill(e, b);
        e.run();
        loss += e.output(Plan.LOSS).get(ValueLayout.JAVA_FLOAT, 0);
        correct += e.output(Plan.CORRECT).get(ValueLayout.JAVA_INT, 0);
        count += objective.units(b.count());
      }
    }
    return new Evaluation(count == 0 ? Double.NaN : loss / count, correct, count);
  }

  /// Copies the rows of a batch to the inputs that are called like its fields; pictures are `x`.
  public static void fill(Executable e, Batch b) {
    for (Field f : b.fields()) {
      String input = f.name().equals(PICTURES) ? Classification.X : f.name();
      long bytes = b.rowBytes(f.name()) * b.count();
      MemorySegment.copy(b.column(f.name()), 0, e.input(input), 0, bytes);
    }
  }

  @Override
  public void close() {
    programs.close();
  }
}
