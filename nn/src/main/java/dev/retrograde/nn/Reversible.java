package dev.retrograde.nn;

import dev.retrograde.ir.MapOp;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// Coupled units in a row, `[n, ..., c]` with an even number of channels: cut in halves, handed
/// from unit to unit, joined at the end. What goes in can be computed from what comes out, so a
/// saving policy need not keep it. Units stand below `block0`, `block1`, ...
///
/// Made by [Layers#reversible]. Rebuilding in plain floating point is off by roundings, which grow
/// with depth, and so do gradients. [#exact()] rounds what is added to a grid, so that nothing is
/// lost: rebuilt values and all gradients are then those of stored training of the same network,
/// bit for bit. It trains another function, by a half grid step a unit, and gives NaN where values
/// reach 2^24 grid steps (f64: 2^53).
public final class Reversible implements Layer {
  /// Grid of the exact form: steps of 2^-16, values below 256 in f32.
  public static final int DEFAULT_GRID = 16;

  private final List<CoupledUnit> units;
  private final int grid;
  private final String line;

  Reversible(List<CoupledUnit> units, int grid, String line) {
    if (units.isEmpty()) {
      throw new IllegalArgumentException("reversible: expected at least one unit, found none");
    }
    this.units = List.copyOf(units);
    this.grid = grid;
    this.line = line;
  }

  /// The exact form on steps of 2^-16.
  public Reversible exact() {
    return exact(DEFAULT_GRID);
  }

  /// The exact form on a grid of 2^-q: values stay below 2^(24 - q) in f32.
  ///
  /// @param q from 0 to 23, in f64 to 52
  public Reversible exact(int q) {
    return new Reversible(units, new MapOp.Snap(q).grid(), line);
  }

  @Override
  public String kind() {
    return "reversible";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    Halves h = Halves.of(t, x, kind(), line);
    if (grid != MapOp.Couple.PLAIN && units.get(0).reversible()) {
      h = h.snapped(t, grid);
    }
    for (int i = 0; i < units.size(); i++) {
      CoupledUnit unit = units.get(i);
      Halves in = h;
      h = t.scope("block" + i, () -> unit.apply(t, in, grid, line));
    }
    return h.join(t);
  }

  /// The way back, sharing parameters with this layer where it is applied at the same path; for
  /// looking at rebuilt values. In training, apply it in a program of its own: statistics of norms
  /// move once a program.
  ///
  /// @throws IllegalStateException if a unit has a shortcut, which is lossy
  public Layer inverse() {
    for (int i = 0; i < units.size(); i++) {
      if (!units.get(i).reversible()) {
        throw new IllegalStateException(
            "reversible ("
                + line
                + "): block"
                + i
                + " has a shortcut, from which its input cannot be computed; invert the units"
                + " behind it");
      }
    }
    return (t, y) -> {
      Halves h = Halves.of(t, y, kind(), line);
      for (int i = units.size() - 1; i >= 0; i--) {
        CoupledUnit unit = units.get(i);
        Halves out = h;
        h = t.scope("block" + i, () -> unit.inverse(t, out, grid));
      }
      return h.join(t);
    };
  }
}
