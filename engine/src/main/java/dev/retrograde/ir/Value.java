package dev.retrograde.ir;

/// One SSA value: made once, by a node or as a parameter of a block. Identity is identity.
public final class Value {
  private final int id;
  private final Type type;

  public Value(int id, Type type) {
    this.id = id;
    this.type = type;
  }

  /// Unique within a program.
  public int id() {
    return id;
  }

  public Type type() {
    return type;
  }

  @Override
  public String toString() {
    return "%" + id;
  }
}
