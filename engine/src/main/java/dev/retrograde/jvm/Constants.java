package dev.retrograde.jvm;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Registers that are set once, to a constant: printed where they are read, never kept in a local
/// variable.
final class Constants {
  private final Map<Reg, Long> bits = new HashMap<>();
  private final Set<Reg> set = new HashSet<>();

  static Constants of(Kernel kernel) {
    Constants c = new Constants();
    c.gather(kernel.body());
    return c;
  }

  private void gather(List<Stmt> body) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.For f -> gather(f.body());
        case Stmt.Store t -> {}
        case Stmt.Let l -> {
          if (!set.add(l.to())) {
            bits.remove(l.to());
          } else if (l.code() instanceof Code.Const k) {
            bits.put(l.to(), k.bits());
          } else if (l.code() instanceof Code.First f) {
            bits.put(l.to(), f.count() >= 1 ? 1L : 0L);
          }
        }
      }
    }
  }

  boolean holds(Reg r) {
    return bits.containsKey(r);
  }

  /// Bits of a register that [#holds] knows.
  long bits(Reg r) {
    Long b = bits.get(r);
    if (b == null) {
      throw new AssertionError(r + " is no constant");
    }
    return b;
  }
}
