package dev.retrograde.lab.backward;

import java.util.regex.Pattern;

/// A pattern over layer paths: `*` stays within a segment, `**` crosses segments. Segments are
/// separated by dots; a path's slashes count as dots.
///
/// @param text as written, such as `stage1.*`
public record LayerGlob(String text) {

  /// Whether the layer at this path is meant.
  public boolean matches(String path) {
    return regex().matcher(path.replace('/', '.')).matches();
  }

  private Pattern regex() {
    StringBuilder out = new StringBuilder();
    String dotted = text.replace('/', '.');
    int i = 0;
    while (i < dotted.length()) {
      if (dotted.startsWith("**", i)) {
        out.append(".*");
        i += 2;
      } else {
        char c = dotted.charAt(i++);
        out.append(c == '*' ? "[^.]*" : Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(out.toString());
  }

  @Override
  public String toString() {
    return text;
  }
}
