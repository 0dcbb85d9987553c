package dev.retrograde.data.generate;

import java.util.Arrays;

/// A grey picture on which round-tipped lines are drawn with soft edges.
///
/// A pixel's ink is how far its centre lies inside the line: 1 inside, 0 outside, linear over the
/// one pixel between. Strokes do not add up where they cross; the darker ink stays.
final class Canvas {
  private final int side;
  private final float[] ink;

  Canvas(int side) {
    this.side = side;
    this.ink = new float[side * side];
  }

  void clear() {
    Arrays.fill(ink, 0);
  }

  /// Ink of a pixel, 0 to 1.
  float at(int index) {
    return ink[index];
  }

  /// Draws a line; coordinates in pixels, pixel centres at integers, `radius` half the line's
  /// width.
  void line(double x0, double y0, double x1, double y1, double radius, double strength) {
    double reach = radius + 0.5;
    int left = Math.max(0, (int) Math.ceil(Math.min(x0, x1) - reach));
    int right = Math.min(side - 1, (int) Math.floor(Math.max(x0, x1) + reach));
    int top = Math.max(0, (int) Math.ceil(Math.min(y0, y1) - reach));
    int bottom = Math.min(side - 1, (int) Math.floor(Math.max(y0, y1) + reach));
    double dx = x1 - x0;
    double dy = y1 - y0;
    double scale = dx == 0 && dy == 0 ? 0 : 1 / (dx * dx + dy * dy);
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        double along = Math.clamp(((x - x0) * dx + (y - y0) * dy) * scale, 0.0, 1.0);
        double fromX = x - x0 - along * dx;
        double fromY = y - y0 - along * dy;
        double cover = reach - Math.sqrt(fromX * fromX + fromY * fromY);
        if (cover > 0) {
          float darker = (float) (Math.min(1, cover) * strength);
          ink[y * side + x] = Math.max(ink[y * side + x], darker);
        }
      }
    }
  }
}
