package dev.retrograde.lab.report;

import java.util.List;

/// Points with names: what is gained against what it costs.
///
/// @param title above the chart
/// @param x label and unit of the horizontal axis
/// @param y label and unit of the vertical axis
/// @param points in the order of their colours
record ScatterChart(String title, LineChart.Label x, LineChart.Label y, List<Point> points) {
  private static final int WIDTH = 540;
  private static final int HEIGHT = 300;

  /// One row.
  ///
  /// @param name beside the point
  /// @param color index of the colour
  /// @param x across
  /// @param y up
  /// @param spread half the length of the bar through the point, in units of `y`; 0 for none
  record Point(String name, int color, double x, double y, double spread) {}

  void write(Markup out) {
    List<Point> shown =
        points.stream().filter(p -> Double.isFinite(p.x()) && Double.isFinite(p.y())).toList();
    Scale across = Scale.around(x.text(), x.unit(), shown.stream().map(Point::x).toList(), true);
    List<Double> ys =
        shown.stream()
            .flatMap(p -> List.of(p.y() - p.spread(), p.y() + p.spread()).stream())
            .toList();
    Frame frame =
        new Frame(across, roomy(Scale.around(y.text(), y.unit(), ys, false)), WIDTH, HEIGHT);
    out.raw("<figure class=\"chart\">").element("figcaption", "", title);
    frame.open(out, title);
    for (int i = 0; i < shown.size(); i++) {
      point(out, frame, shown, i);
    }
    out.raw("</svg></figure>");
  }

  private static Scale roomy(Scale s) {
    double room = Math.max((s.high() - s.low()) * 0.15, s.unit() == Unit.PERCENT ? 0.002 : 0);
    double high = s.unit() == Unit.PERCENT ? Math.min(1.005, s.high() + room) : s.high() + room;
    return new Scale(s.label(), s.unit(), Math.max(0, s.low() - room), high, false);
  }

  private static void point(Markup out, Frame frame, List<Point> all, int index) {
    Point p = all.get(index);
    double cx = frame.x(p.x());
    double cy = frame.y(p.y());
    if (p.spread() > 0) {
      out.raw(
          "<line class=\"line c%d\" x1=\"%2$.1f\" x2=\"%2$.1f\" y1=\"%3$.1f\" y2=\"%4$.1f\"/>",
          p.color(), cx, frame.y(p.y() - p.spread()), frame.y(p.y() + p.spread()));
    }
    out.raw(
            "<circle class=\"point c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"><title>",
            p.color(), cx, cy)
        .text(p.name() + ": " + frame.x().unit().text(p.x()) + ", " + frame.y().unit().text(p.y()))
        .raw("</title></circle>");
    List<Point> group =
        all.stream()
            .filter(q -> Math.abs(frame.x(q.x()) - cx) < 90 && Math.abs(frame.y(q.y()) - cy) < 15)
            .toList();
    boolean left = cx > frame.right() - 120;
    double edge =
        group.stream().mapToDouble(q -> frame.x(q.x())).reduce(cx, left ? Math::min : Math::max);
    double lift = 4 + 15 * (group.indexOf(p) - (group.size() - 1) / 2.0);
    out.raw(
            "<text class=\"name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
            edge + (left ? -11 : 11), cy + lift, left ? "end" : "start")
        .text(p.name())
        .raw("</text>");
  }
}
