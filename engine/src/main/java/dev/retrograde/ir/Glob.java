package dev.retrograde.ir;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A pattern over dotted names or layer paths: `*` stays within a segment, `**` crosses segments,
/// `?` is one character. `.` and `/` both separate segments. `**.bias` names every bias, one at the
/// top included.
///
/// @param pattern the text
/// @param regex what it means
public record Glob(String pattern, Pattern regex) {
  public static Glob of(String pattern) {
    StringBuilder r = new StringBuilder();
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i);
      boolean two = pattern.startsWith("**", i);
      if (two && i + 2 < pattern.length() && separator(pattern.charAt(i + 2))) {
        r.append("(?:.*[./])?");
        i += 3;
      } else if (separator(c) && pattern.substring(i + 1).equals("**")) {
        r.append("(?:[./].*)?");
        i = pattern.length();
      } else if (two) {
        r.append(".*");
        i += 2;
      } else {
        r.append(
            switch (c) {
              case '*' -> "[^./]*";
              case '?' -> "[^./]";
              case '.', '/' -> "[./]";
              default -> Pattern.quote(String.valueOf(c));
            });
        i++;
      }
    }
    return new Glob(pattern, Pattern.compile(r.toString()));
  }

  private static boolean separator(char c) {
    return c == '.' || c == '/';
  }

  public boolean matches(String name) {
    return regex.matcher(name).matches();
  }

  /// Globs are equal when their texts are.
  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Glob g && g.pattern.equals(pattern);
  }

  @Override
  public int hashCode() {
    return pattern.hashCode();
  }

  @Override
  public String toString() {
    return pattern;
  }
}
