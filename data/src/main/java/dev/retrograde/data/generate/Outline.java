package dev.retrograde.data.generate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// One way to write one digit: strokes through control points in the unit box, y downwards.
///
/// @param digit what it shows, 0 to 9
record Outline(int digit, List<Stroke> strokes) {
  private static final String RESOURCE = "digits.txt";

  /// One stroke of the pen.
  ///
  /// @param smooth a curve through the points (Catmull-Rom), else straight lines
  /// @param x one coordinate a control point, 0 to 1
  /// @param y as many
  record Stroke(boolean smooth, double[] x, double[] y) {

    /// A stroke whose ends meet.
    boolean closed() {
      return x[0] == x[x.length - 1] && y[0] == y[y.length - 1];
    }
  }

  /// All committed outlines in the order of the resource, the styles of digit `d` at index `d`.
  static List<List<Outline>> committed() {
    List<List<Outline>> byDigit = new ArrayList<>();
    for (int digit = 0; digit < 10; digit++) {
      byDigit.add(new ArrayList<>());
    }
    text()
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(Outline::parse)
        .forEach(outline -> byDigit.get(outline.digit()).add(outline));
    return byDigit.stream().map(List::copyOf).toList();
  }

  private static String text() {
    try (InputStream in = Outline.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new AssertionError("resource " + RESOURCE + " is not beside " + Outline.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError("resource " + RESOURCE + " cannot be read", e);
    }
  }

  static Outline parse(String line) {
    List<Stroke> strokes = new ArrayList<>();
    for (String part : line.substring(1).split(";")) {
      String[] words = part.strip().split(" +");
      double[] x = new double[words.length - 1];
      double[] y = new double[words.length - 1];
      for (int i = 0; i < x.length; i++) {
        String[] point = words[i + 1].split(",");
        x[i] = Integer.parseInt(point[0]) / 100.0;
        y[i] = Integer.parseInt(point[1]) / 100.0;
      }
      strokes.add(new Stroke(words[0].equals("~"), x, y));
    }
    return new Outline(line.charAt(0) - '0', List.copyOf(strokes));
  }
}
