package dev.retrograde.x64.asm;

import java.util.Arrays;

/// A place in the code of one [Assembler], possibly one that is not yet known.
///
/// Made by [Assembler#newLabel()], given its place by [Assembler#bind(Label)], used by jumps and by
/// [Mem#rip(Label)] before or after that. It belongs to the assembler that made it.
public final class Label {
  static final int UNBOUND = -1;

  private final CodeBuffer owner;
  private final String name;
  private int position = UNBOUND;

  // Pairs: where the 32-bit displacement stands, and where its instruction ends.
  private int[] patches = {};
  private int patchCount;

  Label(CodeBuffer owner, String name) {
    this.owner = owner;
    this.name = name;
  }

  /// Whether the place is known.
  public boolean isBound() {
    return position != UNBOUND;
  }

  /// The offset of the place from the start of the code, in bytes.
  ///
  /// @throws IllegalStateException if the label is not bound
  public int position() {
    if (!isBound()) {
      throw new IllegalStateException("label " + name + " has no position yet: bind it first");
    }
    return position;
  }

  /// The name that a listing shows.
  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }

  /// Refuses a label that another assembler made.
  void requireIn(CodeBuffer code) {
    if (owner != code) {
      throw new IllegalArgumentException(
          "label " + name + " belongs to another assembler; make one with newLabel of this one");
    }
  }

  /// Notes a displacement that is to be filled in when the label is bound.
  void await(int displacementAt, int instructionEnd) {
    if (patchCount == 0) {
      owner.awaited().add(this);
    }
    if (patchCount + 2 > patches.length) {
      patches = Arrays.copyOf(patches, Math.max(4, patches.length * 2));
    }
    patches[patchCount++] = displacementAt;
    patches[patchCount++] = instructionEnd;
  }

  /// Gives the label the current position of its code.
  void bindHere() {
    position = owner.position();
    for (int i = 0; i < patchCount; i += 2) {
      owner.putIntAt(patches[i], position - patches[i + 1]);
    }
    owner.awaited().remove(this);
    patchCount = 0;
  }
}
