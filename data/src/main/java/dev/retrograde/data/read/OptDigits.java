package dev.retrograde.data.read;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// The optical digits of the UCI repository, `optdigits.tra` and `optdigits.tes`, plain or gzip: a
/// line a sample, 64 whole numbers from 0 to 16, row by row of an 8 x 8 image, and the class.
///
/// Values become bytes by a factor of 15, so that 16 is nearly white.
public final class OptDigits {
  private static final ImageShape SHAPE = new ImageShape(8, 8, 1);
  private static final int WHITE = 16;
  private static final int FACTOR = 15;
  private static final int CLASSES = 10;

  /// The published training part has 0.6 MB; nothing like this is larger.
  private static final int LARGEST = 1 << 24;

  private OptDigits() {}

  /// Reads both parts.
  ///
  /// @throws dev.retrograde.data.DataException if a file is missing or damaged
  static DataSet read(String name, Path train, Path test, int limit) {
    return new DataSet(
        name, part(name + " train", train, limit), part(name + " test", test, limit), List.of());
  }

  private static ImageSet part(String name, Path file, int limit) {
    try (ByteSource source = ByteSource.open(file)) {
      String[] lines = text(source).split("\n", -1);
      int all = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
      int count = Math.min(all, limit);
      byte[] pixels = new byte[count * SHAPE.volume()];
      int[] labels = new int[count];
      long offset = 0;
      for (int i = 0; i < count; i++) {
        sample(source, offset, lines[i], i, pixels, labels);
        offset += lines[i].length() + 1;
      }
      List<String> names = IntStream.range(0, CLASSES).mapToObj(String::valueOf).toList();
      return ImageSet.of(name, SHAPE, names, pixels, labels);
    }
  }

  private static String text(ByteSource source) {
    byte[] all = source.all(LARGEST, "Name the files of optdigits.");
    return new String(all, StandardCharsets.US_ASCII);
  }

  private static void sample(
      ByteSource source, long offset, String line, int i, byte[] pixels, int[] labels) {
    String[] fields = line.strip().split(",", -1);
    boolean good = fields.length == SHAPE.volume() + 1;
    for (int k = 0; good && k < fields.length; k++) {
      int most = k < SHAPE.volume() ? WHITE : CLASSES - 1;
      good = fields[k].matches("[0-9]{1,2}") && Integer.parseInt(fields[k]) <= most;
    }
    if (!good) {
      throw source.damaged(
          offset,
          "64 numbers from 0 to 16 and a class from 0 to 9",
          "line " + (i + 1) + ": '" + (line.length() > 40 ? line.substring(0, 40) : line) + "'",
          "Fetch the file again.");
    }
    for (int k = 0; k < SHAPE.volume(); k++) {
      pixels[i * SHAPE.volume() + k] = (byte) (FACTOR * Integer.parseInt(fields[k]));
    }
    labels[i] = Integer.parseInt(fields[SHAPE.volume()]);
  }
}
