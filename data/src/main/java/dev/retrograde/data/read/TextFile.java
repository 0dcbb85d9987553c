package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.TextSet;
import dev.retrograde.data.Vocabulary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Reads text in UTF-8, plain or gzip. Nothing is changed: line ends stay as they are.
public final class TextFile {
  /// A text lies in memory as a whole; ten times the texts that models of characters are tried on.
  private static final int LARGEST = 1 << 28;

  private TextFile() {}

  /// The text at a path as characters, or its only `.txt` file (plain or `.gz`) if it is a folder.
  ///
  /// @param testShare what share of the text, its end, is for judging: 0 to 1, both excluded
  /// @throws DataException if there is no such file, it is damaged, no UTF-8, or too short to split
  public static TextSet characters(Path path, double testShare) {
    Path file = fileAt(path);
    String text = readAtLeast(file, 2);
    return TextSet.characters(nameOf(path), text, testShare);
  }

  /// The same as words between ASCII blanks.
  ///
  /// @param leastCount occurrences in the training part that a word needs to be listed, at least 1
  /// @throws DataException if there is no such file, it is damaged, no UTF-8, or too short to split
  public static TextSet words(Path path, double testShare, int leastCount) {
    Path file = fileAt(path);
    String text = readAtLeast(file, 2);
    if (Vocabulary.ofText(text, 1).encode(text).length < 2) {
      throw new DataException(
          Place.whole(file), "at least 2 words", "fewer", "Name a longer text.");
    }
    return TextSet.words(nameOf(path), text, testShare, leastCount);
  }

  /// All text of a file.
  ///
  /// @throws DataException if it cannot be read, is damaged, or no UTF-8
  public static String read(Path file) {
    try (ByteSource source = ByteSource.open(file)) {
      byte[] bytes = source.all(LARGEST, "Cut the text into smaller files.");
      CharsetDecoder decoder =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
      ByteBuffer in = ByteBuffer.wrap(bytes);
      CharBuffer out = CharBuffer.allocate(bytes.length);
      CoderResult result = decoder.decode(in, out, true);
      if (result.isError()) {
        throw source.damaged(
            in.position(),
            "a character in UTF-8",
            "byte %02x".formatted(in.get(in.position())),
            "Convert the file to UTF-8.");
      }
      return out.flip().toString();
    }
  }

  private static String readAtLeast(Path file, int characters) {
    String text = read(file);
    if (text.codePointCount(0, text.length()) < characters) {
      throw new DataException(
          Place.whole(file),
          "at least " + characters + " characters",
          String.valueOf(text.codePointCount(0, text.length())),
          "Name a longer text.");
    }
    return text;
  }

  private static Path fileAt(Path path) {
    if (!Files.isDirectory(path)) {
      return path;
    }
    List<Path> texts;
    try (Stream<Path> files = Files.list(path)) {
      texts =
          files
              .filter(f -> f.getFileName().toString().matches(".*\\.txt(\\.gz)?"))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw ByteSource.unreadable(path, e);
    }
    if (texts.size() != 1) {
      throw new DataException(
          Place.whole(path),
          "one file *.txt or *.txt.gz",
          texts.isEmpty() ? "none" : texts.size() + " of them",
          "Name the text file itself.");
    }
    return texts.getFirst();
  }

  private static String nameOf(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "text" : last.toString().replaceFirst("\\.txt(\\.gz)?$", "");
  }
}
