package dev.retrograde.nn;

/// Rows and columns around an image before a window slides over it.
public sealed interface Padding {
  /// As much as the window's reach less one, half on each side and the odd one after. With stride 1
  /// the output is as large as the input; with stride s it has `ceil(n / s)` rows.
  record Same() implements Padding {}

  /// A given number on each side, at least 0.
  record Explicit(int top, int bottom, int left, int right) implements Padding {
    public Explicit {
      if (top < 0 || bottom < 0 || left < 0 || right < 0) {
        throw new IllegalArgumentException(
            "padding is at least 0, found %d, %d, %d, %d".formatted(top, bottom, left, right));
      }
    }
  }

  static Padding same() {
    return new Same();
  }

  /// None: only windows that lie inside the image.
  static Padding valid() {
    return all(0);
  }

  /// The same number on all four sides.
  static Padding all(int n) {
    return new Explicit(n, n, n, n);
  }
}
