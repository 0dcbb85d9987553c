package dev.retrograde.lab.report;

import java.util.Locale;

/// A growing piece of HTML or SVG. Text is escaped, tags are not.
final class Markup {
  private final StringBuilder out = new StringBuilder();

  /// Appends as it is.
  Markup raw(String markup) {
    out.append(markup);
    return this;
  }

  /// Appends a pattern with numbers or markup put in.
  Markup raw(String pattern, Object... values) {
    out.append(String.format(Locale.ROOT, pattern, values));
    return this;
  }

  /// Appends text.
  Markup text(String text) {
    out.append(escape(text));
    return this;
  }

  /// Appends a whole element with text in it.
  Markup element(String tag, String attributes, String text) {
    return raw("<" + tag + (attributes.isEmpty() ? "" : " " + attributes) + ">")
        .text(text)
        .raw("</" + tag + ">");
  }

  static String escape(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(c);
      }
    }
    return safe.toString();
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
