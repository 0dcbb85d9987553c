package dev.retrograde.lab.backward;

import dev.retrograde.ir.Glob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Reads a backward specification from left to right.
final class SpecReader {
  private static final String SIGNS = ",+:=";

  private final String source;
  private int at;

  SpecReader(String source) {
    this.source = source;
  }

  List<BackwardRun> runs() {
    List<BackwardRun> runs = new ArrayList<>();
    do {
      List<Part> parts = new ArrayList<>();
      do {
        parts.add(part());
      } while (take('+'));
      runs.add(new BackwardRun(parts));
    } while (take(','));
    if (at < source.length()) {
      throw wrong(
          at,
          "expected ',' for the next run or '+' for the next part, found '"
              + source.charAt(at)
              + "'");
    }
    return runs;
  }

  private Part part() {
    int start = skipBlanks();
    String word = word();
    Optional<Glob> layers = Optional.empty();
    if (take('=')) {
      if (!word.matches("[A-Za-z0-9_./*-]+")) {
        throw wrong(start, "expected a pattern of layer names before '=', such as stage1.*");
      }
      layers = Optional.of(Glob.of(word));
      start = skipBlanks();
      word = word();
    }
    Choice choice = choice(word, start);
    List<String> given = new ArrayList<>();
    while (take(':')) {
      given.add(argument(choice, given.size()));
    }
    if (given.size() < choice.arguments().size()
        && choice.arguments().get(given.size()).fallback().isEmpty()) {
      Argument missing = choice.arguments().get(given.size());
      throw wrong(
          at, "%s needs %s".formatted(choice.text(), missing.complaint("").orElse(missing.name())));
    }
    return new Part(layers, choice, given);
  }

  private Choice choice(String word, int start) {
    if (word.isEmpty()) {
      throw wrong(start, "expected a name; there are " + names());
    }
    return Choice.named(word)
        .orElseThrow(() ->
            wrong(
                start,
                "unknown name '%s'%s"
                    .formatted(
                        word,
                        Choice.near(word)
                            .map(c -> "; did you mean " + c.text() + "?")
                            .orElse("; there are " + names()))));
  }

  private String argument(Choice choice, int index) {
    int start = skipBlanks();
    String text = word();
    if (index >= choice.arguments().size()) {
      int most = choice.arguments().size();
      throw wrong(
          start,
          "%s takes %s, found one more: '%s'"
              .formatted(
                  choice.text(),
                  most == 0 ? "no argument" : most == 1 ? "1 argument" : most + " arguments",
                  text));
    }
    choice
        .arguments()
        .get(index)
        .complaint(text)
        .ifPresent(expected -> {
          throw wrong(
              start, "%s: expected %s, found '%s'".formatted(choice.text(), expected, text));
        });
    return text;
  }

  /// Up to the next sign, without blanks at its end.
  private String word() {
    int start = at;
    while (at < source.length() && SIGNS.indexOf(source.charAt(at)) < 0) {
      at++;
    }
    return source.substring(start, at).strip();
  }

  private boolean take(char sign) {
    skipBlanks();
    if (at < source.length() && source.charAt(at) == sign) {
      at++;
      return true;
    }
    return false;
  }

  private int skipBlanks() {
    while (at < source.length() && source.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private BackwardSpecException wrong(int place, String problem) {
    return new BackwardSpecException(source, place, problem);
  }

  private static String names() {
    return Arrays.stream(Choice.values()).map(Choice::text).collect(Collectors.joining(", "));
  }
}
