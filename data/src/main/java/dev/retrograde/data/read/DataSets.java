package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Opens a data set by what lies at a path.
///
/// Recognised are idx files (`train-images*`, `train-labels*`, `t10k-images*`, `t10k-labels*`) and
/// CIFAR-10 (`data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`), each plain or gzip,
/// optical digits (`optdigits.tra`, `optdigits.tes`), and the archive `cifar-10-binary.tar.gz`,
/// alone or in a folder. Where both forms of a file are there, the plain one is read.
public final class DataSets {
  private static final String ARCHIVE = "cifar-10-binary.tar.gz";
  private static final String SOUGHT =
      "train-images* with train-labels* (idx, plain or .gz), data_batch_1.bin to data_batch_5.bin"
          + " (CIFAR-10, plain or .gz), optdigits.tra with"
          + " optdigits.tes (plain or .gz), or "
          + ARCHIVE;

  private DataSets() {}

  /// Everything at the path.
  ///
  /// @throws DataException if nothing there is recognised, or a file is damaged
  public static DataSet open(Path path) {
    return open(path, ReadOptions.ALL);
  }

  /// The first `limit` training samples and at most `limit` test samples.
  ///
  /// @throws DataException if nothing there is recognised, or a file is damaged
  public static DataSet open(Path path, int limit) {
    return open(path, ReadOptions.ALL.limitedTo(limit));
  }

  /// What the options ask for.
  ///
  /// @throws DataException if nothing there is recognised, or a file is damaged
  public static DataSet open(Path path, ReadOptions options) {
    String name = nameOf(path);
    if (Files.isRegularFile(path)) {
      if (path.toString().endsWith(".tar.gz") || path.toString().endsWith(".tar")) {
        return openArchive(path, options);
      }
      throw new DataException(
          Place.whole(path),
          "a folder or " + ARCHIVE,
          "another file",
          "Name the folder that holds the files of the data set.");
    }
    List<Path> files = list(path);
    Optional<Path> images = pick(files, "train-images");
    boolean cifar = pick(files, "data_batch_").isPresent();
    Optional<Path> archive = pick(files, ARCHIVE);
    if (images.isPresent() && cifar) {
      throw new DataException(
          Place.whole(path),
          "one data set in a folder",
          "idx files and CIFAR-10 files",
          "Give each data set a folder of its own.");
    }
    if (images.isPresent()) {
      return openIdx(name, path, files, images.get(), options);
    }
    if (cifar) {
      return openCifar(name, path, files, options);
    }
    if (archive.isPresent()) {
      return openArchive(archive.get(), options);
    }
    Optional<Path> digits = pick(files, "optdigits.tra");
    if (digits.isPresent()) {
      Path test = pick(files, "optdigits.tes").orElseThrow(() -> lacking(path, "optdigits.tes*"));
      return OptDigits.read(name, digits.get(), test, options.limit());
    }
    throw new DataException(
        Place.whole(path), SOUGHT, describe(files), "Name a folder that holds one of these.");
  }

  private static DataSet openIdx(
      String name, Path folder, List<Path> files, Path images, ReadOptions options) {
    Path labels = pick(files, "train-labels").orElseThrow(() -> lacking(folder, "train-labels*"));
    ImageSet train = Idx.read(name + " train", images, labels, options.classes(), options.limit());
    Optional<Path> testImages = pick(files, "t10k-images");
    Optional<Path> testLabels = pick(files, "t10k-labels");
    if (testImages.isEmpty() && testLabels.isEmpty()) {
      return withoutTestPart(name, folder, train, options, List.of());
    }
    ImageSet test =
        Idx.read(
            name + " test",
            testImages.orElseThrow(() -> lacking(folder, "t10k-images*")),
            testLabels.orElseThrow(() -> lacking(folder, "t10k-labels*")),
            options.classes(),
            options.limit(),
            train.shape());
    return new DataSet(name, train, test, List.of());
  }

  /// A set whose test part has to be drawn from its only part.
  static DataSet withoutTestPart(
      String name, Path where, ImageSet all, ReadOptions options, List<String> notes) {
    if (all.size() < 2) {
      throw new DataException(
          Place.whole(where),
          "a test part, or at least 2 samples to split",
          all.size() + " samples",
          "Add the files of the test part, or raise the limit.");
    }
    return DataSet.split(name, all, options.splitSeed(), notes);
  }

  private static DataSet openCifar(
      String name, Path folder, List<Path> files, ReadOptions options) {
    Map<String, Path> byName = new HashMap<>();
    for (int i = 1; i <= Cifar10.TRAIN_FILES; i++) {
      String wanted = Cifar10.trainFile(i);
      byName.put(wanted, pick(files, wanted).orElseThrow(() -> lacking(folder, wanted)));
    }
    pick(files, Cifar10.TEST_FILE).ifPresent(file -> byName.put(Cifar10.TEST_FILE, file));
    return Cifar10.readFiles(name, folder, byName, listOf(folder, files, options), options);
  }

  private static @Nullable Path listOf(Path folder, List<Path> files, ReadOptions options) {
    if (!options.leaveOutSubstituted()) {
      return null;
    }
    return pick(files, SubstitutedRecords.FILE_NAME)
        .orElseThrow(() -> lacking(folder, SubstitutedRecords.FILE_NAME));
  }

  private static DataSet openArchive(Path archive, ReadOptions options) {
    if (options.leaveOutSubstituted()) {
      throw new DataException(
          Place.whole(archive),
          "a folder with " + SubstitutedRecords.FILE_NAME + " to leave records out",
          "the official archive, which has none substituted",
          "Read it without leaving records out.");
    }
    return Cifar10.readArchive("cifar10", archive, options);
  }

  private static DataException lacking(Path folder, String file) {
    return new DataException(
        Place.whole(folder), file, "none", "Put it beside the other files of the data set.");
  }

  private static Optional<Path> pick(List<Path> files, String start) {
    return files.stream()
        .filter(file -> file.getFileName().toString().startsWith(start))
        .findFirst();
  }

  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          Place.whole(folder), "a folder or " + ARCHIVE, "nothing", "Check the path.");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw ByteSource.unreadable(folder, e);
    }
  }

  private static String describe(List<Path> files) {
    if (files.isEmpty()) {
      return "no file";
    }
    String some =
        String.join(", ", files.stream().limit(6).map(f -> f.getFileName().toString()).toList());
    return files.size() > 6 ? some + " and " + (files.size() - 6) + " more" : some;
  }

  private static String nameOf(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "data" : last.toString();
  }
}
