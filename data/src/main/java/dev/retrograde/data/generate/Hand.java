package dev.retrograde.data.generate;

import dev.retrograde.data.Key;

/// How one sample is written: where the sheet is turned, leaned, stretched and shifted to, how it
/// warps, and how broad the pen is. All drawn from the sample's key.
///
/// @param xx the first row of the matrix from the unit box, centred, to pixels
/// @param yx the second row
/// @param dx where the centre of the box comes to lie, in pixels
/// @param warpX amplitude of the warp, in pixels
/// @param warpRate waves of the warp across the box
/// @param warpPhase in radians
/// @param radius half the width of the pen, in pixels
/// @param strength ink of the pen, 0 to 1
record Hand(
    double xx,
    double xy,
    double yx,
    double yy,
    double dx,
    double dy,
    double warpX,
    double warpY,
    double warpRate,
    double warpPhase,
    double radius,
    double strength) {

  /// Largest turn in radians (16 degrees).
  private static final double TURN = 0.28;

  private static final double LEAN = 0.25;
  private static final double SHIFT = 2.0;
  private static final double WARP = 1.0;

  static Hand draw(long key, int side) {
    double turn = Key.between(key, 0, -TURN, TURN);
    double lean = Key.between(key, 1, -LEAN, LEAN);
    double wide = side * Key.between(key, 2, 0.46, 0.68);
    double high = side * Key.between(key, 3, 0.58, 0.76);
    double cos = StrictMath.cos(turn);
    double sin = StrictMath.sin(turn);
    double centre = (side - 1) / 2.0;
    return new Hand(
        wide * cos,
        high * (-lean * cos - sin),
        wide * sin,
        high * (-lean * sin + cos),
        centre + Key.between(key, 4, -SHIFT, SHIFT),
        centre + Key.between(key, 5, -SHIFT, SHIFT),
        Key.between(key, 6, -WARP, WARP),
        Key.between(key, 7, -WARP, WARP),
        Key.between(key, 8, 3, 7),
        Key.between(key, 9, 0, 2 * StrictMath.PI),
        Key.between(key, 10, 0.7, 1.7),
        Key.between(key, 11, 0.65, 1.0));
  }

  /// Column in pixels of a point of the unit box.
  double column(double x, double y) {
    return dx + xx * (x - 0.5) + xy * (y - 0.5) + warpX * StrictMath.sin(warpRate * y + warpPhase);
  }

  /// Row in pixels of a point of the unit box.
  double row(double x, double y) {
    return dy + yx * (x - 0.5) + yy * (y - 0.5) + warpY * StrictMath.sin(warpRate * x + warpPhase);
  }
}
