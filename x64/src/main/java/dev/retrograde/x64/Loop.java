package dev.retrograde.x64;

import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Label;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A loop as it is printed: `trips` rounds, each of `unroll` iterations of the kernel's loop.
final class Loop {
  final int var;
  final int trips;
  final int unroll;
  final int depth;

  /// Index of the instruction that begins it, and of the one that jumps back.
  int begin;

  int back;

  /// Whether no loop stands inside.
  boolean innermost = true;

  /// Families that are used inside.
  final List<Family> families = new ArrayList<>();

  @Nullable Gpr counter;
  int slot = Value.NOWHERE;
  @Nullable Label label;

  Loop(int var, int trips, int unroll, int depth) {
    this.var = var;
    this.trips = trips;
    this.unroll = unroll;
    this.depth = depth;
  }

  void uses(Family f) {
    if (!families.contains(f)) {
      families.add(f);
    }
  }
}
