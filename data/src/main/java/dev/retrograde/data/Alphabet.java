package dev.retrograde.data;

import java.util.Arrays;

/// The characters of a text, sorted by code point; the code of a character is its place in that
/// order. A character is a Unicode code point. Immutable.
public final class Alphabet implements Symbols {
  private final int[] points;

  private Alphabet(int[] points) {
    this.points = points;
  }

  /// The characters that occur in a text.
  ///
  /// @param text at least one character
  public static Alphabet of(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException(
          "Alphabet: expected at least one character, found an empty text.");
    }
    return new Alphabet(text.codePoints().sorted().distinct().toArray());
  }

  @Override
  public int size() {
    return points.length;
  }

  @Override
  public String symbol(int code) {
    return Character.toString(points[code]);
  }

  /// @throws IllegalArgumentException if a character of the text is not in the alphabet
  @Override
  public int[] encode(String text) {
    int[] codes = new int[text.codePointCount(0, text.length())];
    int n = 0;
    for (int at = 0; at < text.length(); n++) {
      int point = text.codePointAt(at);
      codes[n] = Arrays.binarySearch(points, point);
      if (codes[n] < 0) {
        throw new IllegalArgumentException(
            "Alphabet: expected one of its %d characters, found U+%04X at character %d. Make the alphabet from a text that has it, or leave it out."
                .formatted(points.length, point, n));
      }
      at += Character.charCount(point);
    }
    return codes;
  }

  @Override
  public String decode(int... codes) {
    StringBuilder text = new StringBuilder(codes.length);
    for (int code : codes) {
      text.appendCodePoint(points[code]);
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Alphabet a && Arrays.equals(points, a.points);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(points);
  }

  @Override
  public String toString() {
    return points.length + " characters";
  }
}
