package dev.retrograde.pass;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Stmt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
      if (reads && !elementwise(l, l.buffers().indexOf(u.state()), l.buffers().indexOf(fresh))) {
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

  /// Whether old elements are read only where new ones are written.
  private static boolean elementwise(Step.Launch l, int old, int fresh) {
    Set<Affine> reads = new HashSet<>();
    Set<Affine> writes = new HashSet<>();
    boolean[] odd = new boolean[1];
    scan(l.kernel().body(), old, fresh, reads, writes, odd);
    return !odd[0] && writes.containsAll(reads);
  }

  private static void scan(
      List<Stmt> body, int old, int fresh, Set<Affine> reads, Set<Affine> writes, boolean[] odd) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.For f -> scan(f.body(), old, fresh, reads, writes, odd);
        case Stmt.Store t -> {
          if (t.to().param() == fresh) {
            writes.add(t.to().at());
            odd[0] |= t.stride() != 1;
          }
        }
        case Stmt.Let x -> {
          if (x.code() instanceof Code.Load c && c.from().param() == old) {
            reads.add(c.from().at());
            odd[0] |= c.stride() != 1;
          } else if (x.code() instanceof Code.Gather c && c.from().param() == old) {
            odd[0] = true;
          }
        }
      }
    }
  }
}
