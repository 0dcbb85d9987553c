package dev.retrograde.ir;

/// Characters of the text form, with places for errors. Blanks and `//` comments are skipped before
/// everything that is read.
final class Scanner {
  private final String text;
  private int at;

  Scanner(String text) {
    this.text = text;
  }

  /// The place of what comes next, for [#fail(int, String)].
  int place() {
    skip();
    return at;
  }

  private void skip() {
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else if (text.startsWith("//", at)) {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else {
        return;
      }
    }
  }

  boolean atEnd() {
    skip();
    return at == text.length();
  }

  /// Whether this comes next; a word only as a whole word.
  boolean sees(String s) {
    skip();
    if (!text.startsWith(s, at)) {
      return false;
    }
    int end = at + s.length();
    return !letter(s.charAt(s.length() - 1)) || end == text.length() || !letter(text.charAt(end));
  }

  /// Whether a value comes next that is used (`%7`) rather than defined (`%7:f32[]`).
  boolean seesUse() {
    int end = place();
    if (end == text.length() || text.charAt(end) != '%') {
      return false;
    }
    do {
      end++;
    } while (end < text.length() && Character.isDigit(text.charAt(end)));
    return end == text.length() || text.charAt(end) != ':';
  }

  /// Consumes this if it comes next.
  boolean accept(String s) {
    if (sees(s)) {
      at += s.length();
      return true;
    }
    return false;
  }

  void expect(String s) {
    if (!accept(s)) {
      throw fail(at, "expected '" + s + "', found " + found());
    }
  }

  private static boolean letter(char c) {
    return Character.isLetterOrDigit(c) || c == '_';
  }

  String word() {
    int from = place();
    while (at < text.length() && letter(text.charAt(at))) {
      at++;
    }
    if (from == at) {
      throw fail(from, "expected a name, found " + found());
    }
    return text.substring(from, at);
  }

  /// What comes before the next blank or any of `,)]}`.
  String number() {
    int from = place();
    while (at < text.length() && (letter(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    if (from == at) {
      throw fail(from, "expected a number, found " + found());
    }
    return text.substring(from, at);
  }

  long whole() {
    int from = place();
    String n = number();
    try {
      return Long.parseLong(n);
    } catch (NumberFormatException e) {
      throw fail(from, "expected a whole number, found '" + n + "'");
    }
  }

  int small() {
    int from = place();
    long n = whole();
    if (n != (int) n) {
      throw fail(from, n + " does not fit an int");
    }
    return (int) n;
  }

  String string() {
    int from = place();
    expect("\"");
    StringBuilder s = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '"') {
      char c = text.charAt(at++);
      if (c == '\\' && at < text.length()) {
        char e = text.charAt(at++);
        s.append(
            switch (e) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case '"', '\\' -> e;
              default -> throw fail(at - 2, "unknown escape '\\" + e + "'");
            });
      } else {
        s.append(c);
      }
    }
    if (at == text.length()) {
      throw fail(from, "this string has no end");
    }
    at++;
    return s.toString();
  }

  private String found() {
    if (at >= text.length()) {
      return "the end";
    }
    int end = at + 1;
    while (end < text.length() && letter(text.charAt(at)) && letter(text.charAt(end))) {
      end++;
    }
    return "'" + text.substring(at, end) + "'";
  }

  SyntaxException fail(int place, String message) {
    int line = 1;
    int start = 0;
    for (int i = 0; i < place; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        start = i + 1;
      }
    }
    int end = text.indexOf('\n', start);
    String shown = text.substring(start, end < 0 ? text.length() : end);
    int column = place - start + 1;
    return new SyntaxException(
        line,
        column,
        "line "
            + line
            + ", column "
            + column
            + ": "
            + message
            + "\n  "
            + shown
            + "\n  "
            + " ".repeat(place - start)
            + "^");
  }
}
