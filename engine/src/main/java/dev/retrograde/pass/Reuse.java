package dev.retrograde.pass;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which buffers of the arena take over the memory of another one: of an operand that the step
/// which first writes them reads for the last time.
///
/// Lifetimes include both ends, so without this an elementwise step on a value that dies holds two
/// buffers where one will do. Sizes and places must be equal element by element, which [Overlay]
/// reads off the kernel.
final class Reuse {
  private final List<Step> steps;
  private final Map<Buf, Integer> birth = new HashMap<>();
  private final Map<Buf, Integer> death = new HashMap<>();

  private Reuse(List<Step> steps) {
    this.steps = steps;
    for (int i = 0; i < steps.size(); i++) {
      for (Buf b : steps.get(i).buffers()) {
        birth.putIfAbsent(b, i);
        death.put(b, i);
      }
    }
  }

  /// From a buffer to the one that it is written over.
  static Map<Buf, Buf> of(List<Step> steps) {
    return new Reuse(steps).find();
  }

  private Map<Buf, Buf> find() {
    Map<Buf, Buf> over = new HashMap<>();
    Set<Buf> taken = new HashSet<>();
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) instanceof Step.Launch l) {
        for (Buf fresh : l.buffers()) {
          if (isBorn(fresh, i)) {
            Buf old = under(l, i, fresh, taken);
            if (old != null) {
              over.put(fresh, old);
              taken.add(old);
            }
          }
        }
      }
    }
    return over;
  }

  /// A buffer that nobody reads is not worth it.
  private boolean isBorn(Buf b, int step) {
    return b.home == Buf.Home.ARENA && at(birth, b) == step && at(death, b) > step;
  }

  /// The youngest that fits: the memory of both is one for as long as either lives.
  private @Nullable Buf under(Step.Launch l, int step, Buf fresh, Set<Buf> taken) {
    Buf best = null;
    for (Buf old : l.buffers()) {
      if (old.home == Buf.Home.ARENA
          && at(birth, old) < step
          && at(death, old) == step
          && !taken.contains(old)
          && old.elements == fresh.elements
          && old.dtype.bytes() == fresh.dtype.bytes()
          && (best == null || at(birth, old) > at(birth, best))
          && Overlay.suits(
              l.kernel(), l.buffers().indexOf(old), l.buffers().indexOf(fresh), fresh.elements)) {
        best = old;
      }
    }
    return best;
  }

  private static int at(Map<Buf, Integer> steps, Buf b) {
    return steps.getOrDefault(b, -1);
  }
}
