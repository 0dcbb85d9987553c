package dev.retrograde.lab.report;

import java.util.List;

/// The part that all charts with two axes share: grid, ticks, labels, and where a point lies.
///
/// @param x the horizontal axis
/// @param y the vertical axis
/// @param width of the whole drawing, in its own units
/// @param height of the whole drawing
record Frame(Scale x, Scale y, int width, int height) {
  static final int LEFT = 70;
  private static final int RIGHT = 14;
  private static final int TOP = 12;
  private static final int BOTTOM = 44;
  private static final int Y_TICKS = 5;

  double x(double value) {
    return LEFT + x.place(value) * (width - LEFT - RIGHT);
  }

  double y(double value) {
    return height - BOTTOM - y.place(value) * (height - TOP - BOTTOM);
  }

  int right() {
    return width - RIGHT;
  }

  int bottom() {
    return height - BOTTOM;
  }

  int top() {
    return TOP;
  }

  /// Opens the drawing and draws what lies behind the data.
  void open(Markup out, String says) {
    out.raw("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width, height)
        .text(says)
        .raw("\">");
    for (double t : y.ticks(Y_TICKS)) {
      out.raw(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT, right(), y(t), y(t));
      out.raw("<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 7, y(t) + 3.5)
          .text(y.tick(t, Y_TICKS))
          .raw("</text>");
    }
    int xTicks = width > 420 ? 6 : 4;
    List<Double> ticks = x.ticks(xTicks);
    for (double t : ticks) {
      out.raw(
          "<line class=\"stub\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\"/>",
          x(t), bottom(), bottom() + 4);
      out.raw(
              "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
              x(t), bottom() + 17)
          .text(x.tick(t, xTicks))
          .raw("</text>");
    }
    out.raw(
        "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%3$d\" y2=\"%3$d\"/>",
        LEFT, right(), bottom());
    out.raw(
            "<text class=\"label\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
            (LEFT + right()) / 2.0, height - 8)
        .text(x.label())
        .raw("</text>");
    out.raw(
            "<text class=\"label\" transform=\"translate(13 %.1f) rotate(-90)\""
                + " text-anchor=\"middle\">",
            (TOP + bottom()) / 2.0)
        .text(y.label())
        .raw("</text>");
  }
}
