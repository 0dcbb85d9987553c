package dev.retrograde.lab.suite;

import dev.retrograde.data.DataException;
import dev.retrograde.data.TreeBank;
import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.train.Material;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Whether programs with branches, loops and recursion train as they should, on real data.
///
/// - `sst`: a TreeLSTM on the treebank, six epochs, three seeds.
/// - `agree-f32`, `agree-f64`: losses of trees through training, of the fold by height, the fold
///   node by node, a function that calls itself and eager callbacks.
/// - `text`: recurrent networks over characters.
/// - `cnn`: the small convolutional network on handwritten digits.
///
/// A part whose data is not there says so in its row.
public final class AcceptControl implements Suite {
  private static final String SST = "sst";
  private static final String AGREE_F32 = "agree-f32";
  private static final String AGREE_F64 = "agree-f64";
  private static final String TEXT = "text";
  private static final String CNN = "cnn";

  /// In f64, too, all that the targets take that are not the first: a tree takes bytecode a hundred
  /// times as long as machine code.
  private static final int FIRST_TREES = 100;

  private static final int TEXT_STEPS = 5_001;
  private static final int TEXT_LENGTH = 20;

  @Override
  public String name() {
    return "accept-control";
  }

  @Override
  public String summary() {
    return "Trees, text and digits: accuracy, and whether all forms of recursion agree.";
  }

  @Override
  public List<String> parts() {
    return List.of(SST, AGREE_F32, AGREE_F64, TEXT, CNN);
  }

  @Override
  public void run(Settings settings, Listener listener) {
    Targets found = Targets.find();
    Target target = settings.chosen();
    Target.Options options =
        Target.Options.threads(
            settings.threads().orElse(Runtime.getRuntime().availableProcessors()));
    KeptResults kept = new KeptResults(settings.kept());
    AgreeRows agree = new AgreeRows(compiling(found, target), options, 150, 300, kept, listener);
    part(
        settings,
        listener,
        SST,
        () -> new SstRows(target, options, kept, listener).run("tree-lstm", trees(), 6, 3));
    part(
        settings,
        listener,
        AGREE_F32,
        () -> {
          TreeBank bank = trees().bank().first(FIRST_TREES);
          agree.compare(AGREE_F32, bank, FIRST_TREES, DType.F32, 1e-4);
        });
    part(
        settings,
        listener,
        AGREE_F64,
        () -> agree.compare(AGREE_F64, trees().bank(), FIRST_TREES, DType.F64, 1e-9));
    part(
        settings,
        listener,
        TEXT,
        () -> {
          TextRows rows = new TextRows(target, options, kept, listener);
          Material.Text text = text();
          rows.run("char-lstm", text, TEXT_STEPS);
          rows.run("char-rnn", text, TEXT_STEPS);
        });
    part(
        settings,
        listener,
        CNN,
        () ->
            new DigitRows(target, options, kept, listener)
                .run(DataSource.open("mnist", OptionalInt.empty()), 10, 0.987, 10.7));
  }

  /// The chosen target first, then the others that compile.
  private static List<Target> compiling(Targets found, Target chosen) {
    List<Target> all = new ArrayList<>(List.of(chosen));
    for (Targets.Candidate c : found.all()) {
      if (c.usable() && !c.name().equals("interp") && !c.name().equals(chosen.name())) {
        all.add(c.target().orElseThrow());
      }
    }
    return all;
  }

  private static Material.Trees trees() {
    return (Material.Trees) DataSource.material(DataSource.TREES, OptionalInt.empty(), 1);
  }

  private static Material.Text text() {
    return (Material.Text) DataSource.material(DataSource.TEXT, OptionalInt.empty(), TEXT_LENGTH);
  }

  private static void part(Settings settings, Listener listener, String part, Runnable measure) {
    if (!settings.wants(part)) {
      return;
    }
    try {
      measure.run();
    } catch (DataException e) {
      listener.row(skipped(part, e));
    }
  }

  /// What could not be measured is not met.
  static SuiteRow skipped(String part, DataException why) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", part);
    fields.put("status", "skipped: " + why.getMessage());
    fields.put("met", false);
    return new SuiteRow(fields, false);
  }
}
