package dev.retrograde.lab.backward;

import java.util.Optional;

/// One positional argument of a choice.
///
/// @param name what help and errors call it
/// @param kind what may stand there
/// @param fallback the value where none is given; empty if one must be given
record Argument(String name, Kind kind, String fallback) {

  /// What may stand in an argument's place.
  enum Kind {
    COUNT("a whole number of at least 1", "[1-9][0-9]{0,5}"),
    COUNT_OR_CHEAP("a whole number of at least 1, or cheap", "[1-9][0-9]{0,5}|cheap"),
    PIECES("a whole number of at least 2, or auto", "[2-9]|[1-9][0-9]{1,5}|auto"),
    BITS("8 or 4", "8|4"),
    FRACTION("a fraction above 0, at most 1", "1(\\.0*)?|0?\\.[0-9]*[1-9][0-9]*"),
    PART("a number from 0 to below 1", "0(\\.[0-9]*)?|\\.[0-9]+"),
    LOSSY("lossy or exact", "lossy|exact"),
    SHARE("a number from 0 to 1", "[01](\\.0*)?|0?\\.[0-9]+"),
    NUMBER("a number of at least 0", "[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]{1,2})?|\\.[0-9]+"),
    BYTES_OR_PERCENT(
        "bytes such as 96MiB, or a percentage such as 10%",
        "[1-9][0-9]{0,12}(B|KiB)|[1-9][0-9]{0,8}(MiB|GiB)|[0-9]{1,2}(\\.[0-9]+)?%|100%");

    private final String words;
    private final String pattern;

    Kind(String words, String pattern) {
      this.words = words;
      this.pattern = pattern;
    }
  }

  /// What is wrong with the text, to be read after "expected"; empty if nothing is.
  Optional<String> complaint(String text) {
    return text.matches(kind.pattern)
        ? Optional.empty()
        : Optional.of("%s (%s)".formatted(kind.words, name));
  }
}
