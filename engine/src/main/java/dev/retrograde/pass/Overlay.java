package dev.retrograde.pass;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Stmt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Whether a kernel gives the same bits when two of its parameters, one that it reads and one that
/// it writes, name the same memory.
///
/// It does if every piece that it loads of the one is stored to the other in the same stretch of
/// code, at the same place and after the load, since schedules store each element of a result once:
/// a store then destroys nothing that is still to be read, whichever way iterations are spread over
/// threads.
final class Overlay {
  private final int old;
  private final int fresh;
  private long stored;

  private Overlay(int old, int fresh) {
    this.old = old;
    this.fresh = fresh;
  }

  /// @param old parameter that is read
  /// @param fresh parameter that is written
  static boolean suits(Kernel k, int old, int fresh) {
    return new Overlay(old, fresh).stretch(k.body(), k.extent());
  }

  /// As [#suits(Kernel, int, int)], for a kernel that has to write so many elements: no fewer, and
  /// none of them twice.
  static boolean suits(Kernel k, int old, int fresh, long elements) {
    Overlay o = new Overlay(old, fresh);
    return o.stretch(k.body(), k.extent()) && o.stored == elements;
  }

  /// @param times how often these statements run
  private boolean stretch(List<Stmt> body, long times) {
    Map<Affine, Integer> waiting = new HashMap<>();
    Set<Affine> done = new HashSet<>();
    for (Stmt s : body) {
      boolean fine =
          switch (s) {
            case Stmt.For f -> stretch(f.body(), times * f.extent());
            case Stmt.Let l -> load(l.code(), waiting, done);
            case Stmt.Store t -> store(t, times, waiting, done);
          };
      if (!fine) {
        return false;
      }
    }
    return waiting.isEmpty();
  }

  private boolean load(Code c, Map<Affine, Integer> waiting, Set<Affine> done) {
    return switch (c) {
      case Code.Load l -> {
        if (l.from().param() != old) {
          yield l.from().param() != fresh;
        }
        // One element repeated to all lanes is one element read.
        int count = l.stride() == 0 ? 1 : l.count();
        waiting.merge(l.from().at(), count, Math::max);
        yield (l.stride() == 1 || count == 1) && !done.contains(l.from().at());
      }
      case Code.Gather g -> g.from().param() != old && g.from().param() != fresh;
      case Code.Const _, Code.Apply _, Code.Cast _, Code.Copy _ -> true;
      case Code.Index _, Code.First _, Code.Swap _ -> true;
    };
  }

  private boolean store(Stmt.Store t, long times, Map<Affine, Integer> waiting, Set<Affine> done) {
    if (t.to().param() != fresh) {
      return t.to().param() != old;
    }
    stored += times * t.count();
    Integer read = waiting.remove(t.to().at());
    boolean all = read == null || read <= t.count();
    boolean dense = t.stride() == 1 || t.count() == 1;
    return all && dense && t.mask() == null && done.add(t.to().at());
  }
}
