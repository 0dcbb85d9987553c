package dev.retrograde.nn;

import dev.retrograde.ir.ShapeException;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// Where a layer was written down. Layers are made on one line and traced on another; a message
/// about a shape names the first.
public final class Site {
  private static final StackWalker WALKER = StackWalker.getInstance();

  private Site() {}

  /// The line that called [Layers], such as `Model.java:41`, or empty.
  static String here() {
    return behind(Layers.class);
  }

  /// The line that called a class that makes layers, such as `Model.java:41`, or empty.
  public static String behind(Class<?> maker) {
    return WALKER.walk(frames ->
        frames
            .filter(f -> !f.getClassName().equals(Site.class.getName()))
            .filter(f -> !f.getClassName().equals(maker.getName()))
            .findFirst()
            .map(f -> f.getFileName() + ":" + f.getLineNumber())
            .orElse(""));
  }

  /// What to throw when a layer cannot take its input.
  public static ShapeException misfit(
      Trace t, String what, String line, String expected, Tensor found, String cure) {
    return new ShapeException(
        what
            + " '"
            + t.path()
            + "'"
            + (line.isEmpty() ? "" : " (" + line + ")")
            + ": expected "
            + expected
            + ", found "
            + found.type()
            + "\n  "
            + cure);
  }
}
