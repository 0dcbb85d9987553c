package dev.retrograde.lab.task;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.TextSet;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.data.load.Augmentation;
import dev.retrograde.data.read.DataHome;
import dev.retrograde.data.read.DataSets;
import dev.retrograde.data.read.TextFile;
import dev.retrograde.data.read.TreeBanks;
import dev.retrograde.train.Material;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// The data that a name or a path stands for.
public final class DataSource {
  private static final int TRAIN = 4_000;
  private static final int TEST = 1_000;

  /// The end of a text that a model is judged by.
  private static final double TEST_SHARE = 0.1;

  /// The name of the text in the data home.
  public static final String TEXT = "text";

  /// The name of the treebank in the data home.
  public static final String TREES = "sst";

  /// Names of real sets, as folders of the data home.
  public static final List<String> NAMES = List.of("mnist", "cifar10");

  private DataSource() {}

  /// Opens what a model can be trained on: a set of pictures, text (`text`, or the path of a file
  /// that ends in `.txt` or `.txt.gz`), or trees (`sst`).
  ///
  /// @param limit the first so many training samples and at most as many test samples; symbols of a
  ///   text
  /// @param length symbols of a piece of text
  public static Material material(String data, OptionalInt limit, int length) {
    if (data.equals(TEXT) || data.endsWith(".txt") || data.endsWith(".txt.gz")) {
      Path path =
          data.equals(TEXT)
              ? DataHome.find(TEXT).orElseThrow(() -> unknown(data, DataHome.cure(TEXT)))
              : Path.of(data);
      TextSet all = TextFile.characters(path, TEST_SHARE);
      return Material.of(limit.isEmpty() ? all : all.first(limit.getAsInt()), length);
    }
    if (data.equals(TREES)) {
      Path path = DataHome.find(TREES).orElseThrow(() -> unknown(data, DataHome.cure(TREES)));
      TreeBank all = TreeBanks.open(path, 1);
      return Material.of(limit.isEmpty() ? all : all.first(limit.getAsInt()));
    }
    return Material.of(open(data, limit), null);
  }

  /// Opens `digits` (generated), a name of [#NAMES], or a path.
  ///
  /// @param limit the first so many training samples and at most as many test samples
  /// @throws DataException if it is not there or damaged
  public static DataSet open(String data, OptionalInt limit) {
    if (data.equals("digits")) {
      int most = limit.orElse(TRAIN);
      return limit.isEmpty()
          ? GeneratedDigits.standard()
          : GeneratedDigits.of(Math.min(most, 1_000_000), Math.min(most, TEST), 1);
    }
    Path path =
        NAMES.contains(data)
            ? DataHome.find(data).orElseThrow(() -> unknown(data, DataHome.cure(data)))
            : Path.of(data);
    if (!Files.exists(path)) {
      throw unknown(
          data,
          "Name digits (generated), " + String.join(", ", NAMES) + ", or the path of a data set.");
    }
    return limit.isPresent() ? DataSets.open(path, limit.getAsInt()) : DataSets.open(path);
  }

  /// Reads `none`, `auto`, or steps such as `pad-and-crop:4+flip`. `auto` pads, crops and flips
  /// colour images and leaves others as they are.
  public static List<Augmentation> augmentations(String spec, DataSet data) {
    return augmentations(spec, data.train().shape().channels() == 3);
  }

  /// The same for any data: `auto` leaves what is not a picture as it is.
  public static List<Augmentation> augmentations(String spec, Material data) {
    return augmentations(
        spec, data instanceof Material.Images i && i.set().train().shape().channels() == 3);
  }

  private static List<Augmentation> augmentations(String spec, boolean colour) {
    if (spec.equals("none")) {
      return List.of();
    }
    if (spec.equals("auto")) {
      return colour ? List.of(Augmentation.padAndCrop(4), Augmentation.flip()) : List.of();
    }
    List<Augmentation> steps = new ArrayList<>();
    for (String step : spec.split("\\+", -1)) {
      String[] parts = step.split(":", -1);
      if (step.equals("flip")) {
        steps.add(Augmentation.flip());
      } else if (parts.length == 2 && parts[1].matches("[1-9][0-9]{0,2}")) {
        int pixels = Integer.parseInt(parts[1]);
        switch (parts[0]) {
          case "pad-and-crop" -> steps.add(Augmentation.padAndCrop(pixels));
          case "shift" -> steps.add(Augmentation.shift(pixels));
          default -> throw wrong(spec, step);
        }
      } else {
        throw wrong(spec, step);
      }
    }
    return steps;
  }

  private static IllegalArgumentException wrong(String spec, String step) {
    return new IllegalArgumentException(
        "augmentation '%s': expected none, auto, or steps of flip, shift:N, pad-and-crop:N joined by +, found '%s'"
            .formatted(spec, step));
  }

  private static DataException unknown(String data, String cure) {
    return new DataException(Place.whole(Path.of(data)), "a data set", "nothing", cure);
  }
}
