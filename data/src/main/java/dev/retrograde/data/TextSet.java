package dev.retrograde.data;

import java.util.Arrays;

/// A text to model: its symbols, a part to train on and a part to judge by.
///
/// @param name what messages and reports call it
/// @param symbols what the codes of both parts stand for
/// @param train the front of the text
/// @param test what follows it
public record TextSet(String name, Symbols symbols, Corpus train, Corpus test) {

  public TextSet {
    if (train.symbols() != symbols.size() || test.symbols() != symbols.size()) {
      throw new IllegalArgumentException(
          "TextSet '%s': expected parts of %d symbols, found train of %d and test of %d."
              .formatted(name, symbols.size(), train.symbols(), test.symbols()));
    }
  }

  /// A text as characters. The alphabet is that of the whole text, so that every character of the
  /// test part has a code.
  ///
  /// @param testShare what share of the text, its end, is for judging: 0 to 1, both excluded
  public static TextSet characters(String name, String text, double testShare) {
    Alphabet alphabet = Alphabet.of(text);
    Corpus all = Corpus.of(name, alphabet.size(), alphabet.encode(text));
    int trained = front(name, all.size(), "characters", testShare);
    return new TextSet(
        name,
        alphabet,
        all.slice(name + " train", 0, trained),
        all.slice(name + " test", trained, all.size()));
  }

  /// A text as words between ASCII blanks. The vocabulary is that of the training part: what only
  /// the test part has is unknown.
  ///
  /// @param testShare what share of the words, those at the end, is for judging: 0 to 1, both
  ///   excluded
  /// @param leastCount occurrences in the training part that a word needs to be listed, at least 1
  public static TextSet words(String name, String text, double testShare, int leastCount) {
    Vocabulary every = Vocabulary.ofText(text, 1);
    int[] places = every.encode(text);
    int trained = front(name, places.length, "words", testShare);
    int[] front = Arrays.copyOf(places, trained);
    Vocabulary known = Vocabulary.ofText(every.decode(front), leastCount);
    for (int i = 0; i < places.length; i++) {
      places[i] = known.code(every.symbol(places[i]));
    }
    Corpus all = Corpus.of(name, known.size(), places);
    return new TextSet(
        name,
        known,
        all.slice(name + " train", 0, trained),
        all.slice(name + " test", trained, all.size()));
  }

  /// The first so many symbols of the training part, and at most as many of the other.
  public TextSet first(int count) {
    return new TextSet(name, symbols, first(train, count), first(test, count));
  }

  private static Corpus first(Corpus c, int count) {
    return count >= c.size() ? c : c.slice(c.name(), 0, count);
  }

  private static int front(String name, int size, String what, double testShare) {
    if (!(testShare > 0 && testShare < 1)) {
      throw new IllegalArgumentException(
          "TextSet '%s': expected a test share above 0 and below 1, found %s."
              .formatted(name, testShare));
    }
    if (size < 2) {
      throw new IllegalArgumentException(
          "TextSet '%s': expected at least 2 %s to split, found %d.".formatted(name, what, size));
    }
    return size - Math.clamp(Math.round(size * testShare), 1, size - 1);
  }
}
