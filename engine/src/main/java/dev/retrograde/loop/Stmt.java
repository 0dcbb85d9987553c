package dev.retrograde.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A statement of a kernel.
public sealed interface Stmt {
  /// Runs the body for `var` = 0 to extent - 1.
  record For(int var, int extent, List<Stmt> body) implements Stmt {
    public For {
      body = List.copyOf(body);
    }
  }

  /// Sets a register. A register set before a loop and again inside carries its value round.
  record Let(Reg to, Code code) implements Stmt {}

  /// Lane j of `count` lanes is converted to the parameter's storage type and written to element
  /// `at + j * stride`; integers wrap. Lanes whose `mask` is false touch no memory.
  record Store(Mem to, Reg value, int stride, int count, @Nullable Reg mask) implements Stmt {}
}
