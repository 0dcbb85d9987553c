package dev.retrograde.pass;

import dev.retrograde.loop.Affine;

/// An index along one axis: `base` in lane 0 and `lane` more in each following lane.
record Ix(Affine base, long lane) {
  static final Ix ZERO = new Ix(Affine.of(0), 0);

  static Ix of(Affine base) {
    return new Ix(base, 0);
  }

  Ix plus(long c) {
    return new Ix(base.plus(c), lane);
  }

  Ix times(long f) {
    return new Ix(base.times(f), lane * f);
  }

  Ix plus(Ix o) {
    return new Ix(base.plus(o.base), lane + o.lane);
  }
}
