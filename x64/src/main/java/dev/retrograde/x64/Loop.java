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

  /// The loop around it, or null.
  final @Nullable Loop parent;

  /// Loops directly inside.
  final List<Loop> children = new ArrayList<>();

  /// Families that come into registers when it begins and leave them when it ends.
  final List<Resident> residents = new ArrayList<>();

  /// A family and its register during a loop.
  record Resident(Family family, Gpr register) {}

  /// Index of the instruction that begins it, and of the one that jumps back.
  int begin;

  int back;

  /// Families that are used inside.
  final List<Family> families = new ArrayList<>();

  @Nullable Gpr counter;
  int slot = Value.NOWHERE;
  @Nullable Label label;

  Loop(int var, int trips, int unroll, @Nullable Loop parent) {
    this.var = var;
    this.trips = trips;
    this.unroll = unroll;
    this.parent = parent;
    this.depth = parent == null ? 0 : parent.depth + 1;
    if (parent != null) {
      parent.children.add(this);
    }
  }

  void uses(Family f) {
    if (!families.contains(f)) {
      families.add(f);
    }
  }
}
