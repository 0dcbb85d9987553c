package dev.retrograde.pass;

import dev.retrograde.runtime.MemoryReport.Tag;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds out which buffers of the forward part are residuals: those that a step of backward uses.
/// What backward reads is known only once its kernels are written, since they compute again what is
/// cheap.
final class Residuals {
  private Residuals() {}

  /// Sets the tag of every buffer of the arena that a forward step writes first.
  static void tag(List<Step> steps) {
    Set<Buf> forward = new HashSet<>();
    Set<Buf> seen = new HashSet<>();
    for (Step s : steps) {
      for (Buf b : s.buffers()) {
        if (b.home != Buf.Home.ARENA) {
          continue;
        }
        switch (s.phase()) {
          case FORWARD -> {
            if (seen.add(b)) {
              forward.add(b);
              b.tag = Tag.WORKSPACE;
            }
          }
          case BACKWARD -> {
            seen.add(b);
            if (forward.contains(b)) {
              b.tag = Tag.RESIDUAL;
            }
          }
          case UPDATE -> seen.add(b);
        }
      }
    }
  }
}
