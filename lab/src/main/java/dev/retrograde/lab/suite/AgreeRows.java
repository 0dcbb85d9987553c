package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.embedding;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.load.Batch;
import dev.retrograde.data.load.Loader;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.lab.record.Json;
import dev.retrograde.nn.Embedding;
import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.BinaryTreeLstm;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.recurrent.TreeLstm;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.train.Evaluator;
import dev.retrograde.train.Material;
import dev.retrograde.train.Objective;
import dev.retrograde.train.Plan;
import dev.retrograde.train.TreeLabels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Whether all forms of a TreeLSTM train alike: losses of trees, an update after each, from the
/// same initial weights. A row a form holds the largest relative difference to the first form on
/// the first target.
///
/// @param targets that compile, the fastest first
/// @param hidden numbers of a node's state
/// @param wide numbers of a word vector
record AgreeRows(
    List<Target> targets,
    Target.Options options,
    int hidden,
    int wide,
    KeptResults kept,
    Suite.Listener listener) {
  private static final double RATE = 0.05;
  private static final long SEED = 1;

  AgreeRows {
    targets = List.copyOf(targets);
  }

  /// A form of the program.
  ///
  /// @param target null: eager, on the heap
  private record Form(String name, @Nullable Target target, Objective objective) {
    String on() {
      return target == null ? "heap" : target.name();
    }

    @Override
    public String toString() {
      return name + " on " + on();
    }
  }

  /// Compares over the dev part of a bank.
  ///
  /// @param others how many trees at most on targets that are not the first, which take far longer
  ///   for each
  /// @param most relative difference allowed
  void compare(String part, TreeBank bank, int others, DType dtype, double most) {
    Material.Trees trees = (Material.Trees) Material.of(bank);
    List<Form> forms = forms(trees, dtype);
    double[] expected = null;
    for (Form f : forms) {
      boolean first = f.target() == null || f.target().name().equals(targets.getFirst().name());
      int count = Math.min(bank.dev().size(), first ? Integer.MAX_VALUE : others);
      JsonNode found =
          kept.of(key(part, trees, dtype, f, count), () -> losses(f, trees, dtype, count));
      double[] losses = numbers(found.get("losses"));
      expected = expected == null ? losses : expected;
      double seconds = found.get("seconds").asDouble();
      listener.note(
          String.format(
              Locale.ROOT,
              "%s, %s: mean loss %.6f a tree, %.1f s",
              part,
              f,
              Arrays.stream(losses).average().orElse(Double.NaN),
              seconds));
      listener.row(
          row(
              part,
              f,
              dtype,
              difference(losses, expected),
              losses,
              bank.dev().size(),
              seconds,
              most));
    }
  }

  private List<Form> forms(Material.Trees trees, DType dtype) {
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(hidden);
    Embedding words =
        embedding(trees.symbols(), wide).init(Initializer.normal(0.1)).freeze().dtype(dtype);
    List<Form> forms = new ArrayList<>();
    for (Target t : targets) {
      forms.add(new Form("by height", t, folded(trees, cell, words, TreeOp.Form.standard())));
      forms.add(new Form("node by node", t, folded(trees, cell, words, TreeOp.Form.plain())));
      forms.add(
          new Form(
              "recursive function",
              t,
              new FunctionTree(
                  cell,
                  words,
                  dense(trees.classes()),
                  dtype,
                  Losses.crossEntropy(),
                  trees.room())));
    }
    // Behind the first target's.
    forms.add(3, new Form("eager callbacks", null, forms.getFirst().objective()));
    return forms;
  }

  private static Objective folded(
      Material.Trees trees, BinaryTreeLstm cell, Embedding words, TreeOp.Form form) {
    return new TreeLabels(
        sequential(
            named("tree", new TreeLstm(cell, words, form)), named("fc", dense(trees.classes()))),
        Losses.crossEntropy(),
        trees.room());
  }

  private ObjectNode losses(Form f, Material.Trees trees, DType dtype, int count) {
    Program step = new Plan(f.objective(), Optimizers.adagrad(RATE), new Saving.Store()).step(1);
    try (StateStore state = StateStore.of(SEED, step)) {
      if (f.target() == null) {
        CallbackTree eager = new CallbackTree(state, dtype == DType.F32, (float) RATE);
        return timed(() -> eager.losses(trees.bank().dev().trees().subList(0, count)));
      }
      try (Executable compiled = f.target().compile(step, state, options)) {
        return timed(() -> staged(compiled, trees, dtype, count));
      }
    }
  }

  private static ObjectNode timed(Supplier<double[]> run) {
    long start = System.nanoTime();
    double[] losses = run.get();
    ObjectNode out = Json.object();
    out.put("seconds", (System.nanoTime() - start) * 1e-9);
    Json.put(out, "losses", Arrays.stream(losses).boxed().toList());
    return out;
  }

  private static double[] staged(Executable step, Material.Trees trees, DType dtype, int count) {
    try (Loader loader = Loader.open(trees.test(1), trees.evaluation(1))) {
      double[] losses = new double[count];
      step.input("lr").set(ValueLayout.JAVA_FLOAT, 0, (float) RATE);
      for (int i = 0; i < losses.length; i++) {
        Batch tree = loader.next();
        Evaluator.fill(step, tree);
        step.run();
        MemorySegment loss = step.output("loss");
        losses[i] =
            dtype == DType.F64
                ? loss.get(ValueLayout.JAVA_DOUBLE, 0)
                : loss.get(ValueLayout.JAVA_FLOAT, 0);
      }
      return losses;
    }
  }

  /// The largest relative difference; more may be expected than was found.
  static double difference(double[] found, double[] expected) {
    double most = 0;
    for (int i = 0; i < found.length; i++) {
      // The larger of anything and what is not a number is not a number.
      most = Math.max(most, Math.abs(found[i] - expected[i]) / Math.abs(expected[i]));
    }
    return most;
  }

  private SuiteRow row(
      String part,
      Form f,
      DType dtype,
      double difference,
      double[] losses,
      int size,
      double seconds,
      double most) {
    boolean met = difference <= most;
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", part);
    fields.put("model", "tree-lstm:" + hidden);
    fields.put("form", f.name());
    fields.put("target", f.on());
    fields.put("threads", f.target() == null ? 1 : options.threads());
    fields.put("dtype", dtype.toString());
    fields.put("metric", "largest relative difference of a loss");
    fields.put("value", difference);
    fields.put("trees", losses.length + " of " + size);
    fields.put("last_loss", losses[losses.length - 1]);
    fields.put("ms_per_tree", 1e3 * seconds / losses.length);
    fields.put("must", most);
    fields.put("met", met);
    return new SuiteRow(fields, met);
  }

  private String key(String part, Material.Trees trees, DType dtype, Form f, int count) {
    return "%s, %s, %s, hidden %d of %d, %d trees of %016x, %d threads"
        .formatted(
            part,
            dtype,
            f,
            hidden,
            wide,
            count,
            trees.bank().dev().fingerprint(),
            options.threads());
  }

  private static double[] numbers(JsonNode list) {
    double[] all = new double[list.size()];
    for (int i = 0; i < all.length; i++) {
      // What was not finite is null in JSON.
      all[i] = list.get(i).isNull() ? Double.NaN : list.get(i).asDouble();
    }
    return all;
  }
}
