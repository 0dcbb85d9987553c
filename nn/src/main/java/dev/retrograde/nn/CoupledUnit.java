package dev.retrograde.nn;

import dev.retrograde.ir.MapOp;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import org.jspecify.annotations.Nullable;

/// Two residual functions that couple two halves `x1` and `x2` of the channels (Gomez et al., "The
/// reversible residual network", NIPS 2017).
///
/// Reversible, with functions that keep the shape of a half:
///
/// ```
/// y1 = x1 + F(x2)        x2 = y2 - G(y1)
/// y2 = x2 + G(y1)        x1 = y1 - F(x2)
/// ```
///
/// With a shortcut `D`, which is applied to each half with parameters of its own, the unit may
/// change sizes and has no inverse: `y1 = D(x1) + F(x2)`, `y2 = D(x2) + G(y1)`.
///
/// The functions stand below `f` and `g`, the shortcuts below `shortcut0` and `shortcut1`.
///
/// @param f function of the second half
/// @param g function of the new first half
/// @param shortcut null in the reversible form
public record CoupledUnit(Layer f, Layer g, @Nullable Layer shortcut) {

  /// A reversible unit.
  public static CoupledUnit of(Layer f, Layer g) {
    return new CoupledUnit(f, g, null);
  }

  /// The form without inverse.
  public CoupledUnit shortcut(Layer d) {
    return new CoupledUnit(f, g, d);
  }

  boolean reversible() {
    return shortcut == null;
  }

  /// On a grid, halves come on the grid if the unit is reversible, and leave on it in both forms.
  Halves apply(Trace t, Halves x, int grid, String line) {
    Layer d = shortcut;
    Tensor moved = t.scope("f", () -> f.apply(t, x.second()));
    if (d == null) {
      Tensor y1 = couple(t, x.first(), moved, grid, line);
      Tensor y2 = couple(t, x.second(), t.scope("g", () -> g.apply(t, y1)), grid, line);
      return new Halves(y1, y2);
    }
    Tensor y1 = lossy(t, t.scope("shortcut0", () -> d.apply(t, x.first())), moved, grid, line);
    Tensor s = t.scope("shortcut1", () -> d.apply(t, x.second()));
    Tensor y2 = lossy(t, s, t.scope("g", () -> g.apply(t, y1)), grid, line);
    return new Halves(y1, y2);
  }

  /// What this reversible unit made `y` of, by evaluating its functions again.
  Halves inverse(Trace t, Halves y, int grid) {
    MapOp.Couple couple = new MapOp.Couple(grid);
    Tensor again = t.scope("g", () -> g.apply(t, y.first()));
    Tensor x2 = new Tensor(couple.inverse(t.emit(), y.second().value(), again.value()));
    Tensor moved = t.scope("f", () -> f.apply(t, x2));
    Tensor x1 = new Tensor(couple.inverse(t.emit(), y.first().value(), moved.value()));
    return new Halves(x1, x2);
  }

  private static Tensor couple(Trace t, Tensor x, Tensor moved, int grid, String line) {
    same(
        t,
        x,
        moved,
        line,
        "Let the functions keep size and channels of a half, or give the unit a shortcut that"
            + " changes them too.");
    return t.couple(x, moved, grid);
  }

  private static Tensor lossy(Trace t, Tensor s, Tensor moved, int grid, String line) {
    same(t, s, moved, line, "Give the shortcut the stride and the channels of f, and g stride 1.");
    Tensor y = t.add(s, moved);
    return grid == MapOp.Couple.PLAIN ? y : t.snap(y, grid);
  }

  private static void same(Trace t, Tensor kept, Tensor moved, String line, String cure) {
    if (!moved.type().equals(kept.type())) {
      throw Site.misfit(
          t,
          "reversible",
          line,
          "a function that gives what it is added to, " + kept.type(),
          moved,
          cure);
    }
  }
}
