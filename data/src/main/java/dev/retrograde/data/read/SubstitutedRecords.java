package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Records of a CIFAR-10 copy whose pixels are not the original ones, as a text file lists them:
/// `#` comments, else a line `file record label` with records counted from 0.
///
/// @param byFile for each file's name (without `.gz`) its records and their labels
record SubstitutedRecords(Path list, Map<String, Map<Integer, Integer>> byFile) {
  static final String FILE_NAME = "jpeg-substituted-records.txt";

  private static final long LARGEST_LIST = 16 << 20;
  private static final Pattern LINE = Pattern.compile("(\\S{1,200}) (\\d{1,9}) (\\d{1,3})");

  static SubstitutedRecords read(Path list) {
    Map<String, Map<Integer, Integer>> byFile = new HashMap<>();
    long offset = 0;
    for (String line : text(list).split("\n", -1)) {
      String trimmed = line.strip();
      if (!trimmed.isEmpty() && !trimmed.startsWith("#")) {
        Matcher matcher = LINE.matcher(trimmed);
        if (!matcher.matches()) {
          throw new DataException(
              new Place(list, offset, false),
              "a line 'file record label'",
              "'" + trimmed.substring(0, Math.min(60, trimmed.length())) + "'",
              "Mend the line, or read the set with these records.");
        }
        byFile
            .computeIfAbsent(matcher.group(1), _ -> new HashMap<>())
            .put(Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)));
      }
      offset += line.length() + 1;
    }
    return new SubstitutedRecords(list, byFile);
  }

  private static String text(Path list) {
    try {
      if (Files.size(list) > LARGEST_LIST) {
        throw new DataException(
            Place.whole(list),
            "a list of at most " + LARGEST_LIST + " bytes",
            String.valueOf(Files.size(list)),
            "Check that this is the list of substituted records.");
      }
      return new String(Files.readAllBytes(list), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw ByteSource.unreadable(list, e);
    }
  }

  /// Whether a record is listed; the label that the list names must be the record's.
  boolean lists(ByteSource source, String fileName, int record, int label) {
    Integer listed = byFile.getOrDefault(fileName, Map.of()).get(record);
    if (listed == null) {
      return false;
    }
    if (listed != label) {
      throw source.damaged(
          (long) record * Cifar10.RECORD,
          "label " + listed + ", as " + list.getFileName() + " says of record " + record,
          String.valueOf(label),
          "List and data belong to different copies: use the list of this copy.");
    }
    return true;
  }
}
