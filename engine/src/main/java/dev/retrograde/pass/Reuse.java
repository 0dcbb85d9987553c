package dev.retrograde.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which buffers of the arena take over the memory of another one: of an operand that the step
/// which first writes them reads for the last time.
///
/// Lifetimes include both ends, so without this an elementwise step on a value that dies holds two
/// buffers where one will do. Sizes and places must be equal element by element, which [Overlay]
/// reads off the kernel. Of two buffers with equal borders the second finds its border cleared: the
/// step that would clear it is left out.
final class Reuse {
  private final List<Step> steps;
  private final Map<Buf, Lives.Life> lives;
  private final Map<Buf, Buf> over = new HashMap<>();
  private final Set<Buf> taken = new HashSet<>();
  private final Set<Integer> needless = new HashSet<>();

  private Reuse(List<Step> steps) {
    this.steps = steps;
    this.lives = Lives.of(steps);
  }

  /// What there is to do, and who is written over whom.
  ///
  /// @param over from a buffer to the one that it is written over
  record Plan(List<Step> steps, Map<Buf, Buf> over) {}

  static Plan of(List<Step> steps) {
    Reuse r = new Reuse(steps);
    r.find();
    List<Step> left = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (!r.needless.contains(i)) {
        left.add(steps.get(i));
      }
    }
    return new Plan(List.copyOf(left), Map.copyOf(r.over));
  }

  private void find() {
    Map<Buf, Integer> cleared = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      if (!(steps.get(i) instanceof Step.Launch l)) {
        continue;
      }
      for (Buf fresh : l.params()) {
        // A buffer that nobody reads is not worth it.
        if (fresh.home != Buf.Home.ARENA || death(fresh) <= i) {
          continue;
        }
        boolean born = birth(fresh) == i;
        if (born && fresh.border != null && l.params().size() == 1) {
          cleared.put(fresh, i);
          continue;
        }
        Integer border = cleared.remove(fresh);
        if (born || border != null) {
          lay(l, i, fresh, border);
        }
      }
    }
  }

  /// @param border the step that clears a border of the fresh one, before this step
  private void lay(Step.Launch l, int step, Buf fresh, @Nullable Integer border) {
    Buf best = null;
    for (Buf old : l.params()) {
      // The youngest: the memory of both is one for as long as either lives.
      if (old.home == Buf.Home.ARENA
          && birth(old) < (border == null ? step : border)
          && death(old) == step
          && !taken.contains(old)
          && (best == null || birth(old) > birth(best))
          && fits(l, old, fresh)) {
        best = old;
      }
    }
    if (best != null) {
      over.put(fresh, best);
      taken.add(best);
      if (border != null) {
        needless.add(border);
      }
    }
  }

  private static boolean fits(Step.Launch l, Buf old, Buf fresh) {
    return old.elements == fresh.elements
        && old.dtype.bytes() == fresh.dtype.bytes()
        && Objects.equals(old.border, fresh.border)
        && !l.own()
        && Overlay.suits(
            l.kernel(), l.params().indexOf(old), l.params().indexOf(fresh), fresh.inner());
  }

  private int birth(Buf b) {
    return life(b).first();
  }

  private int death(Buf b) {
    return life(b).last();
  }

  private Lives.Life life(Buf b) {
    return Objects.requireNonNull(lives.get(b), () -> b + " is used by no step");
  }
}
