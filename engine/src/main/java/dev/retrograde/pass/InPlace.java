package dev.retrograde.pass;

import dev.retrograde.ir.RowOp;
import java.util.List;
import java.util.Map;

/// Writes new state over old where nobody can see the difference: no later step reads the old
/// value, the kernel that makes the new one reads each old element before it writes it, and, where
/// old state must outlive a failure, no step that can fail follows.
final class InPlace {
  private final List<Step> steps;
  private final List<Lowering.Update> updates;
  private final boolean commits;

  /// @param commits whether old state must outlive a step that fails
  InPlace(List<Step> steps, List<Lowering.Update> updates, boolean commits) {
    this.steps = steps;
    this.updates = updates;
    this.commits = commits;
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
        steps.set(i, s.rebound(fresh, output));
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
      if (s.mayFail() && commits) {
        return false;
      }
      boolean reads = s.buffers().contains(u.state());
      if (reads && !(makes && overlays(s, u.state(), fresh))) {
        return false;
      }
    }
    if (first < 0) {
      return false;
    }
    for (int i = first; i < steps.size(); i++) {
      if (steps.get(i).buffers().contains(fresh)) {
        steps.set(i, steps.get(i).rebound(fresh, u.state()));
      }
    }
    return true;
  }

  /// Whether a step that reads the one and makes the other may find them in one memory.
  private static boolean overlays(Step s, Buf old, Buf fresh) {
    return switch (s) {
      case Step.Launch l ->
          !l.own()
              && l.params().contains(old)
              && Overlay.suits(l.kernel(), l.params().indexOf(old), l.params().indexOf(fresh));
      case Step.If i -> overlays(i.yes(), old, fresh) && overlays(i.no(), old, fresh);
      case Step.Move m -> replaces(m, old, fresh);
      case Step.Host _, Step.Work _, Step.Frame _, Step.Loop _, Step.Call _ -> false;
    };
  }

  /// Whether rows of the old one are replaced: in one memory the others stay where they are.
  private static boolean replaces(Step.Move m, Buf old, Buf fresh) {
    return m.node().op() instanceof RowOp.SetRows
        && m.in().stream().map(View::buf).filter(b -> b == old).count() == 1
        && m.in().get(0).buf() == old
        && m.in().get(0).offset() == 0
        && m.out().buf() == fresh
        && old.elements == fresh.elements;
  }

  /// The same for a block: from the step on that first touches the new one, whatever reads the old
  /// one has to bear it.
  private static boolean overlays(Unit u, Buf old, Buf fresh) {
    List<Buf> in = within(u, old);
    List<Buf> out = within(u, fresh);
    if (in.isEmpty()) {
      return true;
    }
    if (in.size() > 1 || out.size() != 1 || !whole(u, in.get(0)) || !whole(u, out.get(0))) {
      return false;
    }
    boolean written = false;
    for (Step s : u.planned().steps()) {
      boolean touches = s.buffers().contains(out.get(0));
      written |= touches;
      boolean reads = s.buffers().contains(in.get(0));
      if (written && reads && !(touches && overlays(s, in.get(0), out.get(0)))) {
        return false;
      }
    }
    return true;
  }

  /// What stands for a buffer, or for a part of it, in a block.
  private static List<Buf> within(Unit u, Buf b) {
    return u.bound().entrySet().stream()
        .filter(e -> e.getValue().buf() == b)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean whole(Unit u, Buf inner) {
    View v = u.bound().get(inner);
    return v != null && v.offset() == 0 && v.buf().elements == inner.elements;
  }
}
