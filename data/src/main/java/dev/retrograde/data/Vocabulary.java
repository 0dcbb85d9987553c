package dev.retrograde.data;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Words and their codes. Code 0 stands for every word that is not listed; the listed words follow,
/// the most frequent first, equally frequent ones in the order of their characters. So equal counts
/// give equal codes, whatever order they were counted in. Immutable.
public final class Vocabulary implements Symbols {
  /// The code of a word that is not listed.
  public static final int UNKNOWN = 0;

  /// What code 0 is written as. A word of a text that reads like this has code 0 too.
  public static final String UNKNOWN_WORD = "<unk>";

  /// Between words: the blanks of ASCII, and only those, since treebanks have words with others.
  static final String BLANKS = " \t\n\u000B\f\r";

  private final List<String> words;
  private final Map<String, Integer> codes;

  private Vocabulary(List<String> words) {
    this.words = words;
    this.codes = HashMap.newHashMap(words.size());
    for (int i = 0; i < words.size(); i++) {
      codes.put(words.get(i), i);
    }
  }

  /// The words that occur often enough.
  ///
  /// @param counts how often each word occurs
  /// @param leastCount occurrences that a word needs to be listed, at least 1
  /// @param most how many words are listed at most, at least 0; the most frequent ones
  public static Vocabulary of(Map<String, Integer> counts, int leastCount, int most) {
    if (leastCount < 1 || most < 0) {
      throw new IllegalArgumentException(
          "Vocabulary: expected a least count of at least 1 and at least 0 words, found %d and %d."
              .formatted(leastCount, most));
    }
    Comparator<Map.Entry<String, Integer>> frequent =
        Map.Entry.<String, Integer>comparingByValue().reversed();
    Stream<String> listed =
        counts.entrySet().stream()
            .filter(e -> e.getValue() >= leastCount && !e.getKey().equals(UNKNOWN_WORD))
            .sorted(frequent.thenComparing(Map.Entry.comparingByKey()))
            .limit(most)
            .map(Map.Entry::getKey);
    return new Vocabulary(Stream.concat(Stream.of(UNKNOWN_WORD), listed).toList());
  }

  /// The words of a text that occur at least `leastCount` times.
  public static Vocabulary ofText(String text, int leastCount) {
    return of(counts(text), leastCount, Integer.MAX_VALUE);
  }

  /// How often each word of a text occurs.
  public static Map<String, Integer> counts(String text) {
    Map<String, Integer> counts = new TreeMap<>();
    StringTokenizer tokens = new StringTokenizer(text, BLANKS);
    while (tokens.hasMoreTokens()) {
      counts.merge(tokens.nextToken(), 1, Integer::sum);
    }
    return counts;
  }

  /// The code of a word, [#UNKNOWN] if it is not listed.
  public int code(String word) {
    return codes.getOrDefault(word, UNKNOWN);
  }

  @Override
  public int size() {
    return words.size();
  }

  @Override
  public String symbol(int code) {
    return words.get(code);
  }

  /// The codes of the words between ASCII blanks; never refuses a text.
  @Override
  public int[] encode(String text) {
    StringTokenizer tokens = new StringTokenizer(text, BLANKS);
    int[] result = new int[tokens.countTokens()];
    for (int i = 0; i < result.length; i++) {
      result[i] = code(tokens.nextToken());
    }
    return result;
  }

  /// The words with a blank between.
  @Override
  public String decode(int... some) {
    StringBuilder text = new StringBuilder();
    for (int code : some) {
      text.append(text.isEmpty() ? "" : " ").append(words.get(code));
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Vocabulary v && words.equals(v.words);
  }

  @Override
  public int hashCode() {
    return words.hashCode();
  }

  @Override
  public String toString() {
    return words.size() + " words, the unknown one included";
  }
}
