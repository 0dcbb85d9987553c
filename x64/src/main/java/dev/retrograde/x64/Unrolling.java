package dev.retrograde.x64;

import dev.retrograde.loop.Stmt;

/// How often a loop's body is repeated in the code.
final class Unrolling {
  private static final int NOT = Integer.MAX_VALUE / 2;

  private Unrolling() {}

  /// Copies of the body in one round: the extent for a loop that disappears, 1 for a plain one.
  static int of(Stmt.For f) {
    long size = size(f);
    int n = f.extent();
    if (n == 1) {
      return 1;
    }
    if (size >= NOT) {
      return 1;
    }
    if (n <= 8 && n * size <= 48 || n <= 4 && n * size <= 128) {
      return n;
    }
    return size <= 8 && n >= 8 ? 4 : size <= 16 && n >= 4 ? 2 : 1;
  }

  /// Statements in the body once loops inside have disappeared; too many if one stays.
  private static long size(Stmt.For f) {
    long size = 0;
    for (Stmt s : f.body()) {
      if (s instanceof Stmt.For inner) {
        if (inner.extent() > 0 && of(inner) != inner.extent()) {
          return NOT;
        }
        size += inner.extent() * size(inner);
      } else {
        size++;
      }
    }
    return Math.min(size, NOT);
  }
}
