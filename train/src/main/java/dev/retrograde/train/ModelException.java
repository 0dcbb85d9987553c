package dev.retrograde.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A model folder is missing, damaged, or does not fit the model: file, what was expected, what was
/// found, what to do.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ModelException(Path file, String expected, String found, String cure, @Nullable Throwable cause) {
    super("%s: expected %s, found %s%n  %s".formatted(file, expected, found, cure), cause);
  }
}
