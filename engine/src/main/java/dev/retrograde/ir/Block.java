package dev.retrograde.ir;

import java.util.List;

/// Nodes in an order that defines before it uses.
public record Block(List<Value> params, List<Node> nodes, List<Value> results) {
  public Block {
    params = List.copyOf(params);
    nodes = List.copyOf(nodes);
    results = List.copyOf(results);
  }
}
