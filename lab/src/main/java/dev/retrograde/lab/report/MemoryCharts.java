package dev.retrograde.lab.report;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Planned and measured memory: bars by tag, and live bytes over a step.
final class MemoryCharts {
  private static final int COLUMNS = 320;

  private MemoryCharts() {}

  /// One row.
  ///
  /// @param name of the row
  /// @param memory the plan
  /// @param growth measured growth of the resident set in bytes; negative if unknown
  record Subject(String name, MemoryReport memory, long growth) {}

  /// What the colours of tags mean.
  static void legend(Markup out) {
    out.raw("<p class=\"legend\">");
    for (Tag tag : Tag.values()) {
      out.raw("<span><i class=\"swatch t%d\"></i>", tag.ordinal()).text(name(tag)).raw("</span>");
    }
    out.raw("</p>");
  }

  /// A stacked bar a row: the joint peak by tag, and below it what was measured.
  static void bars(Markup out, List<Subject> subjects) {
    int left = 150;
    int width = 1100;
    int line = 58;
    int height = subjects.size() * line + 40;
    List<Double> ends =
        subjects.stream()
            .flatMap(s -> List.of((double) s.memory().peakBytes(), (double) s.growth()).stream())
            .toList();
    Scale scale = Scale.around("bytes", Unit.BYTES, ends, true);
    double room = width - left - 110;
    out.raw("<figure class=\"chart wide\">")
        .element("figcaption", "", "Peak by tag: planned, and measured");
    out.raw(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Peak bytes by tag\">", width, height);
    for (double t : scale.ticks(6)) {
      double x = left + scale.place(t) * room;
      out.raw(
          "<line class=\"grid\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"4\" y2=\"%2$d\"/>",
          x, height - 30);
      out.raw("<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, height - 12)
          .text(scale.tick(t, 6))
          .raw("</text>");
    }
    for (int i = 0; i < subjects.size(); i++) {
      Subject s = subjects.get(i);
      int y = i * line + 10;
      out.raw("<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", left - 12, y + 16)
          .text(s.name())
          .raw("</text>");
      double at = left;
      for (Map.Entry<Tag, Long> e : s.memory().atPeak().entrySet()) {
        double length = scale.place(e.getValue()) * room;
        if (length > 0) {
          out.raw(
                  "<rect class=\"t%d\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"22\"><title>",
                  e.getKey().ordinal(), at, y, length)
              .text(name(e.getKey()) + " " + Unit.BYTES.text(e.getValue()))
              .raw("</title></rect>");
        }
        at += length;
      }
      out.raw("<text class=\"value\" x=\"%.1f\" y=\"%d\">", at + 8, y + 16)
          .text(Unit.BYTES.text(s.memory().peakBytes()))
          .raw("</text>");
      if (s.growth() >= 0) {
        double length = Math.max(1, scale.place(s.growth()) * room);
        out.raw(
            "<rect class=\"measured\" x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"9\"/>",
            left, y + 25, length);
        out.raw("<text class=\"tick\" x=\"%.1f\" y=\"%d\">", left + length + 8, y + 33)
            .text(Unit.BYTES.text(s.growth()) + " measured")
            .raw("</text>");
      }
    }
    out.raw("</svg></figure>");
  }

  /// Live bytes over the step, stacked by tag; all rows up to the same height.
  static void live(Markup out, List<Subject> subjects) {
    long most = subjects.stream().mapToLong(s -> s.memory().peakBytes()).max().orElse(1);
    for (Subject s : subjects) {
      MemoryTimeline time = MemoryTimeline.of(s.memory());
      Scale across =
          new Scale("step of the program", Unit.COUNT, 0, Math.max(1, time.steps()), false);
      Frame frame =
          new Frame(
              across,
              new Scale("live bytes", Unit.BYTES, 0, Math.max(1, most * 1.12), false),
              540,
              270);
      out.raw("<figure class=\"chart\">")
          .element("figcaption", "", "Live bytes over a step: " + s.name());
      frame.open(out, "Live bytes over a step of " + s.name());
      areas(out, frame, time);
      peak(out, frame, s.memory());
      out.raw("</svg></figure>");
    }
  }

  private static void areas(Markup out, Frame frame, MemoryTimeline time) {
    int[] columns = time.representatives(COLUMNS);
    double[] below = new double[columns.length];
    for (Tag tag : Tag.values()) {
      StringBuilder top = new StringBuilder();
      StringBuilder back = new StringBuilder();
      boolean any = false;
      for (int c = 0; c < columns.length; c++) {
        double from = frame.x((double) c * time.steps() / columns.length);
        double to = frame.x((double) (c + 1) * time.steps() / columns.length);
        long own = time.bytes()[tag.ordinal()][columns[c]];
        any |= own > 0;
        double low = frame.y(below[c]);
        double high = frame.y(below[c] + own);
        top.append(step(c == 0 ? "M" : "L", from, high)).append(step("L", to, high));
        back.insert(0, step("L", to, low) + step("L", from, low));
        below[c] += own;
      }
      if (any) {
        out.raw("<path class=\"area t" + tag.ordinal() + "\" d=\"" + top + back + "Z\"><title>")
            .text(name(tag))
            .raw("</title></path>");
      }
    }
  }

  private static void peak(Markup out, Frame frame, MemoryReport memory) {
    double x = frame.x(memory.peakStep() + 0.5);
    double y = frame.y(memory.peakBytes());
    boolean left = x > (Frame.LEFT + frame.right()) / 2.0;
    out.raw("<circle class=\"peak\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", x, y);
    out.raw(
            "<text class=\"value\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
            x + (left ? -8 : 8), y - 5, left ? "end" : "start")
        .text("peak " + Unit.BYTES.text(memory.peakBytes()))
        .raw("</text>");
  }

  private static String step(String command, double x, double y) {
    return String.format(Locale.ROOT, "%s%.1f %.1f", command, x, y);
  }

  private static String name(Tag tag) {
    return tag.name().toLowerCase(Locale.ROOT);
  }
}
