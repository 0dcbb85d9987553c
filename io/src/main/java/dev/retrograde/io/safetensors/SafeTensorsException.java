package dev.retrograde.io.safetensors;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A file is no well-formed safetensors file: at which byte, what was expected, what was found, and
/// what to do about it.
public final class SafeTensorsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final long offset;

  SafeTensorsException(Path file, long offset, String expected, String found, String cure) {
    this(file, offset, expected, found, cure, null);
  }

  SafeTensorsException(
      Path file,
      long offset,
      String expected,
      String found,
      String cure,
      @Nullable Throwable cause) {
    super(
        "%s, byte %d: expected %s, found %s. %s".formatted(file, offset, expected, found, cure),
        cause);
    this.file = file;
    this.offset = offset;
  }

  /// The file.
  public Path file() {
    return file;
  }

  /// The byte, counted from 0.
  public long offset() {
    return offset;
  }
}
