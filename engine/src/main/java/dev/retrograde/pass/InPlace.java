package dev.retrograde.pass;

import java.util.List;

/// Writes new state over old where nobody can see the difference: no later step reads the old
/// value, the kernel that makes the new one reads each old element before it writes it, and no step
/// that can fail follows.
final class InPlace {
  private final List<Step> steps;
  private final List<Lowering.Update> updates;

  InPlace(List<Step> steps, List<Lowering.Update> updates) {
    this.steps = steps;
    this.updates = updates;
  }

  void run() {
    updates.removeIf(this::replaced);
  }

  /// Lets the steps that make a value write it straight into an output's buffer, where the value is
  /// nothing else than that output.
  static boolean output(List<Step> steps, View value, Buf output) {
    Buf fresh = value.buf();
    if (fresh.home != Buf.Home.ARENA
        || value.offset() != 0
        || !value.isDense()
        || fresh.elements != output.elements) {
      return false;
    }
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      if (s.buffers().contains(fresh)) {
        steps.set(
            i,
            switch (s) {
              case Step.Launch l -> rebound(l, fresh, output);
              case Step.Host h -> h.rebound(fresh, output);
            });
      }
    }
    return true;
  }

  private boolean replaced(Lowering.Update u) {
    Buf fresh = u.value().buf();
    if (fresh.home != Buf.Home.ARENA
        || u.value().offset() != 0
        || fresh.elements != u.state().elements) {
      return false;
    }
    if (updates.stream().filter(o -> o.value().buf() == fresh).count() > 1) {
      return false;
    }
    int first = -1;
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      boolean makes = s.buffers().contains(fresh);
      if (makes && first < 0) {
        first = i;
      }
      if (first < 0) {
        continue;
      }
      if (s instanceof Step.Host) {
        return false; // may fail, or reads whole tensors
      }
      Step.Launch l = (Step.Launch) s;
      boolean reads = l.buffers().contains(u.state());
      if (reads && !makes) {
        return false;
      }
      if (reads && !overlays(l, u.state(), fresh)) {
        return false;
      }
    }
    if (first < 0) {
      return false;
    }
    for (int i = first; i < steps.size(); i++) {
      if (steps.get(i) instanceof Step.Launch l && l.buffers().contains(fresh)) {
        steps.set(i, rebound(l, fresh, u.state()));
      }
    }
    return true;
  }

  private static Step.Launch rebound(Step.Launch l, Buf from, Buf to) {
    // The kernel keeps its two parameters; both now name the same memory.
    return new Step.Launch(
        l.name(),
        l.phase(),
        l.kernel(),
        l.buffers().stream().map(b -> b == from ? to : b).toList(),
        l.macs(),
        l.work());
  }

  private static boolean overlays(Step.Launch l, Buf old, Buf fresh) {
    return Overlay.suits(l.kernel(), l.buffers().indexOf(old), l.buffers().indexOf(fresh));
  }
}
