package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The binary version of CIFAR-10: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`,
/// plain, gzip, or together in the official `cifar-10-binary.tar.gz`.
///
/// A record is one label byte and three planes of 32 x 32 bytes: red, green, blue, each row by row.
/// The planes become channels last at this door. Sample ids count the records through the files in
/// their order, listed ones included.
public final class Cifar10 {
  static final int RECORD = 1 + 3 * 1024;
  static final int TRAIN_FILES = 5;

  private static final int ORIGINAL_RECORDS = 10_000;
  private static final ImageShape SHAPE = new ImageShape(32, 32, 3);
  private static final List<String> CLASS_NAMES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private Cifar10() {}

  /// Records of one file, channels last; `records` counts those that were passed over too.
  private record Part(byte[] pixels, int[] labels, int[] ids, int records) {}

  /// The name of training file `number`, 1 to 5.
  static String trainFile(int number) {
    return "data_batch_" + number + ".bin";
  }

  static final String TEST_FILE = "test_batch.bin";

  /// Reads a set from its files.
  ///
  /// @param files by original name (`data_batch_1.bin`, and so on); the test part may be missing
  /// @param list names the records to leave out; null to keep all
  static DataSet readFiles(
      String name, Path folder, Map<String, Path> files, @Nullable Path list, ReadOptions options) {
    SubstitutedRecords left = list == null ? null : SubstitutedRecords.read(list);
    List<String> notes = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    int there = 0;
    for (int i = 1; i <= TRAIN_FILES && there < options.limit(); i++) {
      Path file = files.get(trainFile(i));
      if (file == null) {
        throw missing(folder, trainFile(i));
      }
      Part part = readFile(file, trainFile(i), left, options.limit() - there, notes);
      parts.add(part);
      there += part.labels().length;
    }
    Path testFile = files.get(TEST_FILE);
    Part test =
        testFile == null ? null : readFile(testFile, TEST_FILE, left, options.limit(), notes);
    return assemble(name, folder, parts, test, notes, options);
  }

  /// Reads a set from the official archive, in whatever order its entries come; nothing is written
  /// to disk.
  static DataSet readArchive(String name, Path archive, ReadOptions options) {
    List<String> notes = new ArrayList<>();
    Map<String, Part> found = new TreeMap<>();
    try (ByteSource source = ByteSource.open(archive)) {
      TarEntries tar = new TarEntries(source);
      for (TarEntries.Entry entry = tar.next(); entry != null; entry = tar.next()) {
        String file = entry.baseName();
        if (!file.equals(TEST_FILE) && !file.matches("data_batch_[1-5]\\.bin")) {
          continue;
        }
        if (found.containsKey(file)) {
          throw source.damaged(
              entry.headerOffset(), "each file once", "a second " + file, "Fetch it again.");
        }
        if (entry.size() == 0 || entry.size() % RECORD != 0) {
          throw source.damaged(
              entry.headerOffset(),
              "records of " + RECORD + " bytes in " + file,
              entry.size() + " bytes",
              "Fetch the archive again.");
        }
        found.put(file, readRecords(source, entry.size(), file, null, options.limit(), notes));
        if (enough(found, options.limit())) {
          return archived(name, archive, found, notes, options);
        }
      }
      source.drain();
    }
    return archived(name, archive, found, notes, options);
  }

  private static DataSet archived(
      String name, Path archive, Map<String, Part> found, List<String> notes, ReadOptions options) {
    List<Part> parts = new ArrayList<>();
    int there = 0;
    for (int i = 1; i <= TRAIN_FILES && there < options.limit(); i++) {
      Part part = found.get(trainFile(i));
      if (part == null) {
        throw missing(archive, trainFile(i));
      }
      parts.add(part);
      there += part.labels().length;
    }
    return assemble(name, archive, parts, found.get(TEST_FILE), notes, options);
  }

  private static boolean enough(Map<String, Part> found, int limit) {
    int there = 0;
    for (int i = 1; i <= TRAIN_FILES && there < limit; i++) {
      Part part = found.get(trainFile(i));
      if (part == null) {
        return false;
      }
      there += part.labels().length;
    }
    return there >= limit && found.containsKey(TEST_FILE);
  }

  private static DataException missing(Path where, String file) {
    return new DataException(
        Place.whole(where),
        file + " beside the other parts of CIFAR-10",
        "none",
        "Put all five data_batch files and test_batch.bin into one folder.");
  }

  private static Part readFile(
      Path file, String name, @Nullable SubstitutedRecords left, int limit, List<String> notes) {
    try (ByteSource source = ByteSource.open(file)) {
      long size = source.knownSize();
      if (size == 0 || (size > 0 && size % RECORD != 0)) {
        throw source.damaged(
            size - size % RECORD,
            "whole records of " + RECORD + " bytes",
            size % RECORD + " bytes at the end",
            "The file is cut short or has trailing bytes: fetch it again.");
      }
      return readRecords(source, size, name, left, limit, notes);
    }
  }

  /// Reads the records of one file: `size` bytes, or to the end of the source if negative.
  private static Part readRecords(
      ByteSource source,
      long size,
      String name,
      @Nullable SubstitutedRecords left,
      int limit,
      List<String> notes) {
    long start = source.offset();
    byte[] record = new byte[RECORD];
    int expected = size < 0 ? ORIGINAL_RECORDS : (int) Math.min(limit, size / RECORD);
    int room = (int) Math.min(ORIGINAL_RECORDS, source.holdsAtMost() / RECORD + 1);
    int capacity = Math.min(Math.min(limit, expected), room);
    byte[] pixels = new byte[capacity * SHAPE.volume()];
    int[] labels = new int[capacity];
    int[] ids = new int[capacity];
    int firstId = name.equals(TEST_FILE) ? 0 : (name.charAt(11) - '1') * ORIGINAL_RECORDS;
    int kept = 0;
    int seen = 0;
    while (kept < limit && (size < 0 || (long) seen * RECORD < size)) {
      long at = source.offset();
      int got = source.read(record, 0, RECORD);
      if (got == 0 && size < 0) {
        break;
      }
      if (got < RECORD) {
        throw source.truncated(at, RECORD, got, "record " + seen + " of " + name);
      }
      int label = record[0] & 0xFF;
      if (label >= CLASS_NAMES.size()) {
        throw source.damaged(
            at, "a label from 0 to 9", String.valueOf(label), "Fetch the file again.");
      }
      if (left == null || !left.lists(source, name, seen, label)) {
        if (kept == labels.length) {
          int grown = (int) Math.min(limit, 2L * kept + 16);
          pixels = Arrays.copyOf(pixels, Math.multiplyExact(grown, SHAPE.volume()));
          labels = Arrays.copyOf(labels, grown);
          ids = Arrays.copyOf(ids, grown);
        }
        interleave(record, pixels, kept * SHAPE.volume());
        labels[kept] = label;
        ids[kept++] = firstId + seen;
      }
      seen++;
    }
    if (seen == 0) {
      throw source.damaged(start, "at least one record", "none", "Fetch the file again.");
    }
    if (size >= 0) {
      source.skip(size - (source.offset() - start), name);
    }
    boolean whole = size < 0 ? kept < limit : seen == size / RECORD;
    if (whole && seen != ORIGINAL_RECORDS) {
      notes.add(
          "%s of %s holds %d records; the original has %d."
              .formatted(name, source.file(), seen, ORIGINAL_RECORDS));
    }
    return new Part(pixels, Arrays.copyOf(labels, kept), ids, seen);
  }

  private static void interleave(byte[] record, byte[] pixels, int to) {
    for (int i = 0; i < 1024; i++) {
      pixels[to + 3 * i] = record[1 + i];
      pixels[to + 3 * i + 1] = record[1025 + i];
      pixels[to + 3 * i + 2] = record[2049 + i];
    }
  }

  private static DataSet assemble(
      String name,
      Path where,
      List<Part> parts,
      @Nullable Part testPart,
      List<String> notes,
      ReadOptions options) {
    ImageSet train = join(name + " train", parts, options.limit());
    if (testPart == null) {
      return DataSets.withoutTestPart(name, where, train, options, notes);
    }
    ImageSet test = join(name + " test", List.of(testPart), options.limit());
    if (train.size() == 0 || test.size() == 0) {
      throw new DataException(
          Place.whole(where),
          "records that are not listed in " + SubstitutedRecords.FILE_NAME,
          "none",
          "Read the set with these records.");
    }
    return new DataSet(name, train, test, notes);
  }

  private static ImageSet join(String name, List<Part> parts, int limit) {
    int there = parts.stream().mapToInt(part -> part.labels().length).sum();
    int count = Math.min(limit, there);
    byte[] pixels = new byte[Math.multiplyExact(count, SHAPE.volume())];
    int[] labels = new int[count];
    int[] ids = new int[count];
    int done = 0;
    for (Part part : parts) {
      int taken = Math.min(part.labels().length, count - done);
      System.arraycopy(part.pixels(), 0, pixels, done * SHAPE.volume(), taken * SHAPE.volume());
      System.arraycopy(part.labels(), 0, labels, done, taken);
      System.arraycopy(part.ids(), 0, ids, done, taken);
      done += taken;
    }
    return ImageSet.of(name, SHAPE, CLASS_NAMES, pixels, labels, ids);
  }
}
