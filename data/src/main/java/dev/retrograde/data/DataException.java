package dev.retrograde.data;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Data is missing or damaged: which file, at which byte or line, what was expected, what was
/// found, and what to do about it.
///
/// The one exception of all readers of this module. The command line turns it into exit code 3 and
/// its message, without a stack trace.
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Place place;
  private final String expected;
  private final String found;
  private final String cure;

  /// Where in a file something was wrong.
  ///
  /// A byte in formats of bytes, line and column in formats of text.
  ///
  /// @param file the file, or the folder in which files were sought
  /// @param offset the byte, counted from 0; negative if a line or the file as a whole is meant
  /// @param inflated whether the offset counts bytes after decompression
  /// @param line counted from 1; 0 if no line is meant
  /// @param column the character in the line, counted from 1; 0 if no line is meant
  public record Place(Path file, long offset, boolean inflated, int line, int column) {

    public Place(Path file, long offset, boolean inflated) {
      this(file, offset, inflated, 0, 0);
    }

    /// The file or folder as a whole.
    public static Place whole(Path file) {
      return new Place(file, -1, false);
    }

    /// A character in a text.
    public static Place at(Path file, int line, int column) {
      return new Place(file, -1, false, line, column);
    }

    @Override
    public String toString() {
      if (line > 0) {
        return file + ", line " + line + ", column " + column;
      }
      return offset < 0
          ? file.toString()
          : file + ", byte " + offset + (inflated ? " after decompression" : "");
    }
  }

  /// @param expected what should stand there, to be read after "expected"
  /// @param found what stands there, to be read after "found"
  /// @param cure one whole sentence: what the user can do
  public DataException(Place place, String expected, String found, String cure) {
    this(place, expected, found, cure, null);
  }

  /// As the other constructor, with the exception that revealed the damage.
  public DataException(
      Place place, String expected, String found, String cure, @Nullable Throwable cause) {
    super("%s: expected %s, found %s. %s".formatted(place, expected, found, cure), cause);
    this.place = place;
    this.expected = expected;
    this.found = found;
    this.cure = cure;
  }

  /// The file, or the folder in which files were sought.
  public Path file() {
    return place.file();
  }

  /// The byte, counted from 0 (after decompression where the message says so); negative if a line
  /// or the file as a whole is meant.
  public long offset() {
    return place.offset();
  }

  /// The line of a text, counted from 1; 0 if none is meant.
  public int line() {
    return place.line();
  }

  /// The character in the line, counted from 1; 0 if none is meant.
  public int column() {
    return place.column();
  }

  /// What should stand there.
  public String expected() {
    return expected;
  }

  /// What stands there.
  public String found() {
    return found;
  }

  /// What the user can do.
  public String cure() {
    return cure;
  }
}
