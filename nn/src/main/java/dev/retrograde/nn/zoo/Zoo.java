package dev.retrograde.nn.zoo;

import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.embedding;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.nn.Embedding;
import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Reversible;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.recurrent.TreeLstm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Networks by name. Those of images take `[n, h, w, c]` and give logits `[n, classes]`; those of
/// characters take codes `i32 [n, time]` and give logits `[n, time, classes]` with as many classes
/// as characters; that of trees takes a [dev.retrograde.nn.recurrent.TreeInput] and gives logits
/// `[nodes, classes]`. Input sizes come from what they are applied to.
public final class Zoo {
  private Zoo() {}

  /// What [#of] understands, for help texts.
  public static List<String> names() {
    return List.of(
        "mlp[:SIZE,...]",
        "lenet",
        "resnet18",
        "resnet20",
        "resnet32",
        "resnet50",
        "resnet110",
        "resnet164",
        "resnet:DEPTH",
        "revnet38[:exact]",
        "revnet110[:exact]",
        "revnet164[:exact]",
        "char-rnn[:HIDDEN]",
        "char-lstm[:HIDDEN]",
        "tree-lstm[:HIDDEN]");
  }

  /// The same for models that take codes.
  ///
  /// @param symbols how many codes there are, 0 where inputs are numbers
  public static Layer of(String spec, int classes, int symbols) {
    int colon = spec.indexOf(':');
    String args = colon < 0 ? "" : spec.substring(colon + 1);
    if (!spec.equals("tree-lstm") && !spec.startsWith("tree-lstm:")) {
      return of(spec, classes);
    }
    if (symbols < 1) {
      throw new IllegalArgumentException(
          "model '" + spec + "' reads trees with words at their leaves; give it such data, as sst");
    }
    return treeLstm(args.isEmpty() ? 150 : one(spec, args), symbols, classes);
  }

  /// Reads `NAME[:ARGS]`: `mlp`, `mlp:256,128`, `lenet`, `resnet20`, `resnet:56`, `revnet38:exact`.
  public static Layer of(String spec, int classes) {
    int colon = spec.indexOf(':');
    String name = colon < 0 ? spec : spec.substring(0, colon);
    String args = colon < 0 ? "" : spec.substring(colon + 1);
    return switch (name) {
      case "mlp" -> args.isEmpty() ? mlp(classes) : mlp(classes, sizes(spec, args));
      case "lenet" -> lenet(classes);
      case "resnet18" -> resnet18(classes);
      case "resnet20" -> resnet(20, classes);
      case "resnet32" -> resnet(32, classes);
      case "resnet50" -> resnet50(classes);
      case "resnet110" -> resnet(110, classes);
      case "resnet164" -> resnet164(classes);
      case "revnet38" -> revnet(38, grid(spec, args), classes);
      case "revnet110" -> revnet(110, grid(spec, args), classes);
      case "revnet164" -> revnet(164, grid(spec, args), classes);
      case "resnet" -> resnet(one(spec, args), classes);
      case "char-rnn" -> charRnn(hidden(spec, args), classes);
      case "char-lstm" -> charLstm(hidden(spec, args), classes);
      case "tree-lstm" -> of(spec, classes, 0);
      default ->
          throw new IllegalArgumentException(
              "unknown model '" + spec + "'; the zoo has: " + String.join(", ", names()));
    };
  }

  /// Two hidden layers of 500.
  public static Layer mlp(int classes) {
    return mlp(classes, 500, 500);
  }

  /// Dense layers of these sizes, each followed by relu, and a classifier: `fc1`, `fc2`, ...
  public static Layer mlp(int classes, int... hidden) {
    List<Layer> all = new ArrayList<>();
    all.add(named("flatten", flatten()));
    for (int i = 0; i < hidden.length; i++) {
      all.add(named("fc" + (i + 1), dense(hidden[i])));
      all.add(named("relu" + (i + 1), relu()));
    }
    all.add(named("fc" + (hidden.length + 1), dense(classes)));
    return sequential(all.toArray(Layer[]::new));
  }

  /// After LeCun et al., "Gradient-based learning applied to document recognition", 1998: two
  /// unpadded 5x5 convolutions of 6 and 16 channels, each with relu and a maximum over 2x2, then
  /// dense layers of 120 and 84 and the classifier. Departs from the paper in relu, maxima and full
  /// connections between the convolutions.
  public static Layer lenet(int classes) {
    return sequential(
        named("conv1", conv2d(6, 5).valid()),
        named("relu1", relu()),
        named("pool1", maxPool(2)),
        named("conv2", conv2d(16, 5).valid()),
        named("relu2", relu()),
        named("pool2", maxPool(2)),
        named("flatten", flatten()),
        named("fc1", dense(120)),
        named("relu3", relu()),
        named("fc2", dense(84)),
        named("relu4", relu()),
        named("fc3", dense(classes)));
  }

  /// The CIFAR form of residual networks, with norm and relu behind each convolution.
  ///
  /// @param depth 6 n + 2
  public static Layer resnet(int depth, int classes) {
    return ResNet.cifar(depth, classes);
  }

  /// ResNet-18 for images of CIFAR's size: four stages of two basic blocks with 64 to 512 channels.
  public static Layer resnet18(int classes) {
    return ResNet.eighteen(classes);
  }

  /// ResNet-50 for images of CIFAR's size: four stages of bottlenecks behind a 3x3 stem and a
  /// maximum over 2x2. With 10 classes it has 23,520,842 parameters.
  public static Layer resnet50(int classes) {
    return ResNet.fifty(classes);
  }

  /// The CIFAR form of ResNet-164: bottlenecks, with norm and relu before each convolution.
  public static Layer resnet164(int classes) {
    return PreActivation.resnet(164, classes);
  }

  /// The CIFAR form of reversible residual networks.
  ///
  /// @param depth 38, 110 or 164
  public static Layer revnet(int depth, int classes) {
    return revnet(depth, MapOp.Couple.PLAIN, classes);
  }

  /// The same with a grid on which no bit is lost, such as [Reversible#DEFAULT_GRID].
  public static Layer revnet(int depth, int grid, int classes) {
    return RevNet.of(depth).cifar(grid, classes);
  }

  /// Some of a reversible network: `units` basic units that keep `channels` channels, both halves
  /// together, and the size of the image.
  public static Reversible reversibleStage(int units, int channels) {
    return RevNet.alone(units, channels);
  }

  /// Some of a residual network: `blocks` basic blocks that keep `channels` channels and the size
  /// of the image. What benchmarks of one stage measure.
  public static Layer residualStage(int blocks, int channels) {
    return ResNet.grow("stage1", blocks, channels, channels);
  }

  /// A plain recurrent network with tanh over characters, and a classifier at every step: `rnn`,
  /// `fc`. With 50 hidden numbers and 26 characters it has 5,176 parameters.
  public static Layer charRnn(int hidden, int characters) {
    return sequential(
        named("rnn", Sequences.rnn(hidden).codes(characters)), named("fc", dense(characters)));
  }

  /// The same with long short-term memory: `lstm`, `fc`. With 50 hidden numbers and 26 characters
  /// it has 16,726 parameters.
  public static Layer charLstm(int hidden, int characters) {
    return sequential(
        named("lstm", Sequences.lstm(hidden).codes(characters)), named("fc", dense(characters)));
  }

  /// A binary TreeLSTM with a classifier at every node: `tree`, `fc`. Word vectors of 300 numbers
  /// are drawn at random and stay as they are. With 150 hidden numbers and 5 classes it has 361,805
  /// parameters.
  ///
  /// @param words how many codes there are
  public static Layer treeLstm(int hidden, int words, int classes) {
    Embedding vectors = embedding(words, 300).init(Initializer.normal(0.1)).freeze();
    return sequential(
        named(
            "tree",
            new TreeLstm(Sequences.binaryTreeLstm(hidden), vectors, TreeOp.Form.standard())),
        named("fc", dense(classes)));
  }

  private static int hidden(String spec, String args) {
    return args.isEmpty() ? 50 : one(spec, args);
  }

  private static int[] sizes(String spec, String args) {
    return Arrays.stream(args.split(",", -1)).mapToInt(s -> one(spec, s)).toArray();
  }

  private static int grid(String spec, String args) {
    return switch (args) {
      case "" -> MapOp.Couple.PLAIN;
      case "exact" -> Reversible.DEFAULT_GRID;
      default ->
          throw new IllegalArgumentException(
              "model '" + spec + "': expected 'exact' or nothing, found '" + args + "'");
    };
  }

  private static int one(String spec, String text) {
    if (!text.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(
          "model '" + spec + "': expected a number of at least 1, found '" + text + "'");
    }
    return Integer.parseInt(text);
  }
}
