package dev.retrograde.data;

import java.util.Arrays;

/// A text as codes in a row, `i32 [size]`. Immutable, and safe to share between threads; [#slice]
/// shares the codes.
public final class Corpus {
  private final String name;
  private final int symbols;
  private final int[] codes;
  private final int from;
  private final int size;

  private Corpus(String name, int symbols, int[] codes, int from, int size) {
    this.name = name;
    this.symbols = symbols;
    this.codes = codes;
    this.from = from;
    this.size = size;
  }

  /// @param name what messages and reports call it
  /// @param symbols how many different codes there can be, at least 1
  /// @param codes from 0 to `symbols - 1`; copied
  public static Corpus of(String name, int symbols, int[] codes) {
    for (int i = 0; i < codes.length; i++) {
      if (codes[i] < 0 || codes[i] >= symbols) {
        throw new IllegalArgumentException(
            "Corpus '%s': expected codes from 0 to %d, found %d at place %d."
                .formatted(name, symbols - 1, codes[i], i));
      }
    }
    return new Corpus(name, symbols, codes.clone(), 0, codes.length);
  }

  /// What messages and reports call it.
  public String name() {
    return name;
  }

  /// How many different codes there can be.
  public int symbols() {
    return symbols;
  }

  /// The number of codes.
  public int size() {
    return size;
  }

  /// The code at a place.
  public int code(int place) {
    if (place < 0 || place >= size) {
      throw new IndexOutOfBoundsException(
          "place %d of '%s', which has %d".formatted(place, name, size));
    }
    return codes[from + place];
  }

  /// Copies as many codes as `target` holds, from `place` on.
  public void copy(int place, int[] target) {
    if (place < 0 || place > size - target.length) {
      throw new IndexOutOfBoundsException(
          "%d codes from place %d of '%s', which has %d"
              .formatted(target.length, place, name, size));
    }
    System.arraycopy(codes, from + place, target, 0, target.length);
  }

  /// All codes, copied.
  public int[] codes() {
    return Arrays.copyOfRange(codes, from, from + size);
  }

  /// The codes from `start` to before `end` as a corpus of another name. Shares them.
  public Corpus slice(String newName, int start, int end) {
    if (start < 0 || end < start || end > size) {
      throw new IndexOutOfBoundsException(
          "places %d to %d of '%s', which has %d".formatted(start, end, name, size));
    }
    return new Corpus(newName, symbols, codes, from + start, end - start);
  }

  /// A checksum over the codes: equal data, equal number.
  public long fingerprint() {
    long sum = Key.of(symbols);
    for (int i = 0; i < size; i++) {
      sum = Key.child(sum, codes[from + i]);
    }
    return sum;
  }

  @Override
  public String toString() {
    return "%s: %d codes of %d symbols".formatted(name, size, symbols);
  }
}
