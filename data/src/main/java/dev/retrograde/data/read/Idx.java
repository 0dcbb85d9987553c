package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The idx format of MNIST and its relatives, plain or gzip.
///
/// Images: big-endian int32 magic 2051, count, rows, columns, then unsigned bytes row by row.
/// Labels: magic 2049, count, then one unsigned byte each.
public final class Idx {
  private static final int IMAGES_MAGIC = 2051;
  private static final int LABELS_MAGIC = 2049;
  private static final int LARGEST_SIDE = 1 << 15;

  private Idx() {}

  /// Reads one part: the first `limit` samples of a pair of files. With a limit below the count, no
  /// more of a gzip file is read than these samples need, so what follows them is not checked.
  ///
  /// @param name what messages and reports call the part
  /// @param classes labels must be below it
  /// @throws DataException if a file is missing or damaged, or the two disagree
  public static ImageSet read(String name, Path images, Path labels, int classes, int limit) {
    return read(name, images, labels, classes, limit, null);
  }

  /// As the other, of images that must have an expected shape, if one is given.
  static ImageSet read(
      String name,
      Path images,
      Path labels,
      int classes,
      int limit,
      @Nullable ImageShape expected) {
    try (ByteSource pixels = ByteSource.open(images);
        ByteSource marks = ByteSource.open(labels)) {
      int count = header(pixels, IMAGES_MAGIC, "idx images");
      int rows = side(pixels, "rows");
      int columns = side(pixels, "columns");
      ImageShape shape = new ImageShape(rows, columns, 1);
      if (expected != null && !shape.equals(expected)) {
        throw pixels.damaged(
            8,
            "images " + expected + " as in the other part",
            shape.toString(),
            "Put the files of one data set into the folder.");
      }
      checkRoom(pixels, count, shape.volume(), "images " + shape);
      int labelCount = header(marks, LABELS_MAGIC, "idx labels");
      if (labelCount != count) {
        throw marks.damaged(
            4,
            count + " labels, one for each image of " + images.getFileName(),
            String.valueOf(labelCount),
            "Put the two files of one part side by side.");
      }
      checkRoom(marks, count, 1, "labels");
      int taken = Math.min(count, limit);
      byte[] pixelBytes = pixels.bytes((long) taken * shape.volume(), taken + " images " + shape);
      int[] labelValues = labels(marks, taken, classes);
      if (taken == count) {
        pixels.expectEnd(count + " images");
        marks.expectEnd(count + " labels");
      }
      return ImageSet.of(name, shape, classNames(classes), pixelBytes, labelValues);
    }
  }

  private static List<String> classNames(int classes) {
    return IntStream.range(0, classes).mapToObj(String::valueOf).toList();
  }

  private static int[] labels(ByteSource marks, int taken, int classes) {
    byte[] bytes = marks.bytes(taken, taken + " labels");
    int[] values = new int[taken];
    for (int i = 0; i < taken; i++) {
      values[i] = bytes[i] & 0xFF;
      if (values[i] >= classes) {
        throw marks.damaged(
            8 + i,
            "a label from 0 to " + (classes - 1),
            String.valueOf(values[i]),
            "Fetch the file again, or name the number of classes if there are more.");
      }
    }
    return values;
  }

  private static int header(ByteSource source, int magic, String what) {
    int found = source.int32("the magic of " + what);
    if (found != magic) {
      throw source.damaged(
          0,
          "the magic " + magic + " of " + what,
          String.valueOf(found),
          found == IMAGES_MAGIC || found == LABELS_MAGIC
              ? "Images and labels are swapped: check the names of the files."
              : "The file is no idx file of unsigned bytes.");
    }
    int count = source.int32("the count of " + what);
    if (count < 1) {
      throw source.damaged(
          4, "a count of at least 1", String.valueOf(count), "Fetch the file again.");
    }
    return count;
  }

  private static int side(ByteSource source, String what) {
    long at = source.offset();
    int side = source.int32("the number of " + what);
    if (side < 1 || side > LARGEST_SIDE) {
      throw source.damaged(
          at,
          "1 to " + LARGEST_SIDE + " " + what,
          String.valueOf(side),
          "The header is damaged: fetch the file again.");
    }
    return side;
  }

  /// A plain file must have exactly the promised length; a gzip file must be able to.
  private static void checkRoom(ByteSource source, long count, long each, String what) {
    long needed = count * each;
    long known = source.knownSize();
    if (known >= 0 && known != source.offset() + needed) {
      throw source.damaged(
          4,
          "a file of " + (source.offset() + needed) + " bytes for " + count + " " + what,
          known + " bytes",
          "The file is cut short, has trailing bytes, or its header is damaged: fetch it again.");
    }
    if (needed > source.holdsAtMost()) {
      throw source.truncated(source.offset(), needed, source.holdsAtMost(), count + " " + what);
    }
  }
}
