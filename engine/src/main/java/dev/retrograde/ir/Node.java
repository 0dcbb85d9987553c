package dev.retrograde.ir;

import java.util.List;

/// One application of an op. Immutable; identity is identity.
public final class Node {
  private final Op op;
  private final List<Value> operands;
  private final List<Value> results;
  private final List<Block> blocks;
  private final Origin origin;

  public Node(Op op, List<Value> operands, List<Value> results, List<Block> blocks, Origin origin) {
    this.op = op;
    this.operands = List.copyOf(operands);
    this.results = List.copyOf(results);
    this.blocks = List.copyOf(blocks);
    this.origin = origin;
  }

  public Op op() {
    return op;
  }

  public List<Value> operands() {
    return operands;
  }

  public Value operand(int i) {
    return operands.get(i);
  }

  public List<Value> results() {
    return results;
  }

  public Value result() {
    return results.get(0);
  }

  /// Nested blocks of control ops.
  public List<Block> blocks() {
    return blocks;
  }

  public Origin origin() {
    return origin;
  }

  /// Whether it may be merged, cloned or removed: so may its op and everything in its blocks.
  public boolean pure() {
    return op.pure() && blocks.stream().allMatch(b -> b.nodes().stream().allMatch(Node::pure));
  }

  @Override
  public String toString() {
    return results + " = " + op.name() + operands + " '" + origin + "'";
  }
}
