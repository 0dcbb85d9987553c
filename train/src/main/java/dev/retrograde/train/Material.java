package dev.retrograde.train;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageShape;
import dev.retrograde.data.TextSet;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.load.Augmentation;
import dev.retrograde.data.load.ImageSource;
import dev.retrograde.data.load.LoaderSettings;
import dev.retrograde.data.load.Normalization;
import dev.retrograde.data.load.SampleSource;
import dev.retrograde.data.load.TextCuts;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.recurrent.TreeInput;
import dev.retrograde.scalar.DType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a model is trained on and judged by: samples, and what they are to a model.
public interface Material {
  String name();

  /// Samples to learn from, as batches of this size take them.
  SampleSource train(int batch);

  /// Samples to judge by.
  SampleSource test(int batch);

  /// How many classes the model tells apart.
  int classes();

  /// How many codes there are where inputs are codes, else 0.
  default int symbols() {
    return 0;
  }

  /// Samples a step where nobody says.
  default int usualBatch() {
    return 64;
  }

  /// What to call each class.
  List<String> classNames();

  /// What the user should be told once.
  default List<String> notes() {
    return List.of();
  }

  /// A checksum of the part to learn from.
  long fingerprint();

  /// One sample in words, such as `28x28x1`.
  String sample();

  /// What a model takes, for a batch.
  Type input(int batch);

  /// What a model of this kind is asked.
  Objective objective(Layer model, Loss loss);

  /// How the part to learn from is walked through, for ever.
  LoaderSettings training(int batch, long seed, List<Augmentation> augmentations);

  /// How the part to judge by is walked through, once.
  default LoaderSettings evaluation(int batch) {
    return LoaderSettings.evaluation(batch);
  }

  /// What a saved model has to know of its input.
  ModelCard.Input card();

  /// Pictures with one label each.
  ///
  /// @param given how bytes become numbers; null for mean 0 and deviation 1 over the training part
  static Material of(DataSet set, @Nullable Normalization given) {
    return new Images(set, given == null ? Normalization.of(set.train()) : given);
  }

  /// Text, in pieces of this many symbols.
  static Material of(TextSet set, int length) {
    return new Text(set, length);
  }

  /// Trees with a label at every node; the dev part is what models are judged by.
  static Material of(TreeBank bank) {
    int room =
        Math.max(
            bank.train().statistics().largest(),
            Math.max(bank.dev().statistics().largest(), bank.test().statistics().largest()));
    return new Trees(bank, room);
  }

  /// Pictures. Equal settings give an equal order.
  record Images(DataSet set, Normalization normalization) implements Material {
    @Override
    public String name() {
      return set.name();
    }

    @Override
    public SampleSource train(int batch) {
      return new ImageSource(set.train());
    }

    @Override
    public SampleSource test(int batch) {
      return new ImageSource(set.test());
    }

    @Override
    public int classes() {
      return set.train().classes();
    }

    @Override
    public List<String> classNames() {
      return set.train().classNames();
    }

    @Override
    public List<String> notes() {
      return set.notes();
    }

    @Override
    public long fingerprint() {
      return set.train().fingerprint();
    }

    @Override
    public String sample() {
      return set.train().shape().toString();
    }

    private List<Integer> dims() {
      ImageShape s = set.train().shape();
      return List.of(s.height(), s.width(), s.channels());
    }

    @Override
    public Type input(int batch) {
      List<Integer> d = dims();
      return Type.of(DType.F32, batch, d.get(0), d.get(1), d.get(2));
    }

    @Override
    public Objective objective(Layer model, Loss loss) {
      return new Classification(model, loss, dims());
    }

    @Override
    public LoaderSettings training(int batch, long seed, List<Augmentation> augmentations) {
      return new LoaderSettings(batch, seed, true, Long.MAX_VALUE, augmentations, normalization, 2);
    }

    @Override
    public LoaderSettings evaluation(int batch) {
      return LoaderSettings.evaluation(batch).normalize(normalization);
    }

    @Override
    public ModelCard.Input card() {
      return new ModelCard.Images(set.train().shape(), normalization);
    }
  }

  /// Text in streams: row r of the batches walks through part r of the text.
  ///
  /// @param length symbols of a piece, at least 1
  record Text(TextSet set, int length) implements Material {
    @Override
    public String name() {
      return set.name();
    }

    @Override
    public SampleSource train(int batch) {
      return TextCuts.streams(set.train(), batch, length);
    }

    @Override
    public SampleSource test(int batch) {
      return TextCuts.streams(set.test(), batch, length);
    }

    @Override
    public int classes() {
      return set.symbols().size();
    }

    @Override
    public int symbols() {
      return classes();
    }

    @Override
    public int usualBatch() {
      return 20;
    }

    @Override
    public List<String> classNames() {
      return IntStream.range(0, classes()).mapToObj(set.symbols()::symbol).toList();
    }

    @Override
    public long fingerprint() {
      return set.train().fingerprint();
    }

    @Override
    public String sample() {
      return "pieces of " + length;
    }

    @Override
    public Type input(int batch) {
      return Type.of(DType.I32, batch, length);
    }

    @Override
    public Objective objective(Layer model, Loss loss) {
      return new NextSymbol(model, loss, length);
    }

    @Override
    public LoaderSettings training(int batch, long seed, List<Augmentation> augmentations) {
      return new LoaderSettings(batch, seed, false, Long.MAX_VALUE, augmentations, null, 2);
    }

    @Override
    public ModelCard.Input card() {
      return new ModelCard.Text(length);
    }
  }

  /// Trees, one at a time.
  ///
  /// @param room nodes that there is room for
  record Trees(TreeBank bank, int room) implements Material {
    @Override
    public String name() {
      return bank.name();
    }

    @Override
    public SampleSource train(int batch) {
      return new PackedTrees(bank.train(), room);
    }

    @Override
    public SampleSource test(int batch) {
      return new PackedTrees(bank.dev(), room);
    }

    @Override
    public int classes() {
      return bank.train().classes();
    }

    @Override
    public int symbols() {
      return bank.vocabulary().size();
    }

    @Override
    public int usualBatch() {
      return 1;
    }

    @Override
    public List<String> classNames() {
      return IntStream.range(0, classes()).mapToObj(String::valueOf).toList();
    }

    @Override
    public List<String> notes() {
      return List.of(
          "Training part: " + bank.train().statistics() + ".",
          "Accuracy is that of the roots of the dev part; a tree's loss is the sum over its nodes.");
    }

    @Override
    public long fingerprint() {
      return bank.train().fingerprint();
    }

    @Override
    public String sample() {
      return "trees of at most " + room + " nodes, " + symbols() + " words";
    }

    @Override
    public Type input(int batch) {
      return Type.of(DType.I32, batch, TreeInput.ROWS, room + 1);
    }

    @Override
    public Objective objective(Layer model, Loss loss) {
      return new TreeLabels(model, loss, room);
    }

    @Override
    public LoaderSettings training(int batch, long seed, List<Augmentation> augmentations) {
      return new LoaderSettings(batch, seed, true, Long.MAX_VALUE, augmentations, null, 2);
    }

    @Override
    public ModelCard.Input card() {
      return new ModelCard.Trees(room, symbols());
    }
  }
}
