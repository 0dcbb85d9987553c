package dev.retrograde.jvm;

import dev.retrograde.loop.Stmt;
import java.util.List;

/// A piece of a method.
sealed interface Item {
  /// A `Let` or a `Store`.
  record Leaf(Stmt stmt) implements Item {}

  /// A loop whose body is already cut.
  record Loop(int var, int extent, List<Item> body) implements Item {
    public Loop {
      body = List.copyOf(body);
    }
  }

  /// A call of a method that holds a stretch of the kernel.
  record Call(Part part) implements Item {}
}
