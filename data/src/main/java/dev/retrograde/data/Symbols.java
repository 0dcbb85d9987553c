package dev.retrograde.data;

/// What stands behind the codes of a text: characters or words. A code is a whole number from 0 to
/// [#size] - 1.
public sealed interface Symbols permits Alphabet, Vocabulary {

  /// How many codes there are.
  int size();

  /// What a code stands for.
  ///
  /// @throws IndexOutOfBoundsException if there is no such code
  String symbol(int code);

  /// The codes of a text.
  ///
  /// @throws IllegalArgumentException if the text holds something that has no code
  int[] encode(String text);

  /// The text of some codes.
  String decode(int... codes);

  /// A checksum over all symbols in their order: equal meaning of codes, equal number.
  default long fingerprint() {
    long sum = Key.of(size());
    for (int code = 0; code < size(); code++) {
      sum = Key.child(sum, symbol(code));
    }
    return sum;
  }
}
