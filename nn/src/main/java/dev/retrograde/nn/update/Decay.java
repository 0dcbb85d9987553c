package dev.retrograde.nn.update;

import dev.retrograde.ir.Glob;
import java.util.ArrayList;
import java.util.List;

/// Weight decay, and the parameters it leaves alone.
///
/// @param rate at least 0
/// @param spared parameters that do not decay
record Decay(double rate, List<Glob> spared) {
  static final Decay NONE = new Decay(0, List.of());

  Decay {
    spared = List.copyOf(spared);
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException(
          "weight decay: expected a finite rate of at least 0, found " + rate);
    }
  }

  Decay rate(double r) {
    return new Decay(r, spared);
  }

  Decay except(String glob) {
    List<Glob> more = new ArrayList<>(spared);
    more.add(Glob.of(glob));
    return new Decay(rate, more);
  }

  /// The rate for this parameter.
  double of(String parameter) {
    return spared.stream().anyMatch(g -> g.matches(parameter)) ? 0 : rate;
  }

  /// Named arguments of a spec.
  String spec() {
    StringBuilder s = new StringBuilder(rate == 0 ? "" : ":decay=" + rate);
    spared.forEach(g -> s.append(":except=").append(g));
    return s.toString();
  }
}
