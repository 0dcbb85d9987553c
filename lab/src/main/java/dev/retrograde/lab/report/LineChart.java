package dev.retrograde.lab.report;

import dev.retrograde.lab.record.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Curves over a common axis.
///
/// The first series is drawn broad and the others narrow on top of it, so that equal curves are
/// seen to be equal instead of hiding each other.
///
/// @param title above the chart
/// @param x label and unit of the horizontal axis
/// @param y label and unit of the vertical axis
/// @param wide whether the vertical axis may go by powers of ten
/// @param series in the order of their colours
record LineChart(String title, Label x, Label y, boolean wide, List<Series> series) {
  private static final int WIDTH = 540;
  private static final int HEIGHT = 300;
  private static final int POINTS = 400;

  /// What an axis shows.
  record Label(String text, Unit unit) {}

  /// One row's curves.
  ///
  /// @param name in the legend
  /// @param color index of the colour
  /// @param main the curve that the chart is about
  /// @param faint others behind it, such as single seeds
  record Series(String name, int color, Line main, List<Line> faint) {}

  /// Points joined by lines; those that are not finite are left out.
  record Line(List<Double> xs, List<Double> ys) {

    /// The mean of at most `most` equal pieces.
    Line thinned(int most) {
      int n = Math.min(xs.size(), ys.size());
      if (n <= most) {
        return this;
      }
      List<Double> thinX = new ArrayList<>();
      List<Double> thinY = new ArrayList<>();
      for (int i = 0; i < most; i++) {
        int from = (int) ((long) i * n / most);
        int to = (int) ((long) (i + 1) * n / most);
        thinX.add(mean(xs.subList(from, to)));
        thinY.add(mean(ys.subList(from, to)));
      }
      return new Line(thinX, thinY);
    }

    /// Each value replaced by the mean of itself and those before it, `window` in all.
    Line smoothed(int window) {
      List<Double> out = new ArrayList<>();
      double sum = 0;
      for (int i = 0; i < ys.size(); i++) {
        sum += ys.get(i);
        if (i >= window) {
          sum -= ys.get(i - window);
        }
        out.add(sum / Math.min(i + 1, window));
      }
      return new Line(xs, out);
    }

    private static double mean(List<Double> values) {
      return values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
    }
  }

  void write(Markup out) {
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    List<Series> thin = new ArrayList<>();
    for (Series s : series) {
      Series t =
          new Series(
              s.name(),
              s.color(),
              s.main().thinned(POINTS),
              s.faint().stream().map(f -> f.thinned(POINTS)).toList());
      thin.add(t);
      xs.addAll(t.main().xs());
      ys.addAll(t.main().ys());
      t.faint().forEach(f -> ys.addAll(f.ys()));
    }
    Scale across = Scale.around(x.text(), x.unit(), xs, true);
    Scale up =
        wide ? Scale.wide(y.text(), y.unit(), ys) : Scale.around(y.text(), y.unit(), ys, false);
    Frame frame = new Frame(across, up, WIDTH, HEIGHT);
    out.raw("<figure class=\"chart lines\" data-chart=\"")
        .text(Json.tree(data(frame, thin)).toString())
        .raw("\">");
    out.element("figcaption", "", title);
    frame.open(out, title);
    for (Series s : thin) {
      s.faint().forEach(f -> path(out, frame, f, "faint c" + s.color()));
    }
    for (int i = 0; i < thin.size(); i++) {
      path(
          out, frame, thin.get(i).main(), (i == 0 ? "broad" : "line") + " c" + thin.get(i).color());
    }
    out.raw("<g class=\"hover\"></g></svg></figure>");
  }

  private static void path(Markup out, Frame frame, Line line, String classes) {
    StringBuilder d = new StringBuilder();
    int drawn = 0;
    double lastX = 0;
    double lastY = 0;
    for (int i = 0; i < Math.min(line.xs().size(), line.ys().size()); i++) {
      if (Double.isFinite(line.ys().get(i))) {
        lastX = frame.x(line.xs().get(i));
        lastY = frame.y(line.ys().get(i));
        d.append(drawn++ == 0 ? 'M' : 'L').append(round(lastX)).append(' ').append(round(lastY));
      }
    }
    if (drawn == 1) {
      out.raw(
          "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", classes, lastX, lastY);
    } else if (drawn > 1) {
      out.raw("<path class=\"" + classes + "\" d=\"" + d + "\"/>");
    }
  }

  /// What the page's script needs to read values off under the pointer.
  private static ObjectNode data(Frame frame, List<Series> series) {
    ObjectNode out = Json.object();
    out.put("left", Frame.LEFT);
    out.put("right", frame.right());
    out.put("top", frame.top());
    out.put("bottom", frame.bottom());
    out.put("xUnit", frame.x().unit().name());
    out.put("yUnit", frame.y().unit().name());
    out.put("xLabel", frame.x().label());
    ArrayNode all = out.putArray("series");
    for (Series s : series) {
      ObjectNode one = all.addObject();
      one.put("name", s.name());
      one.put("color", s.color());
      ArrayNode points = one.putArray("points");
      for (int i = 0; i < Math.min(s.main().xs().size(), s.main().ys().size()); i++) {
        double vx = s.main().xs().get(i);
        double vy = s.main().ys().get(i);
        if (Double.isFinite(vy)) {
          points
              .addArray()
              .add(round(frame.x(vx)))
              .add(round(frame.y(vy)))
              .add(digits(vx))
              .add(digits(vy));
        }
      }
    }
    return out;
  }

  private static double round(double pixels) {
    return Math.rint(pixels * 10) / 10;
  }

  /// Five digits: more cannot be seen.
  private static double digits(double value) {
    if (value == 0) {
      return 0;
    }
    double unit = Math.pow(10, Math.floor(Math.log10(Math.abs(value))) - 4);
    return Double.parseDouble(
        String.format(java.util.Locale.ROOT, "%.5g", Math.rint(value / unit) * unit));
  }
}
