package dev.retrograde.pass;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Nodes that one kernel (or a few) computes together. Groups run in order of position.
final class Group {
  enum Kind {
    /// Elementwise nodes and reductions over one domain.
    LOOP,
    /// A product or convolution with elementwise nodes on its result.
    CONTRACTION,
    /// A node with a schedule of its own: window transposes, padding, joins, running sums.
    MOVE,
    /// Not of kernels: control, moves of rows, routines, and Java code, which runs on the heap.
    HOST
  }

  final Kind kind;
  final int position;
  final Origin.Phase phase;
  final int epoch;
  final List<Integer> domain;
  final @Nullable Node root;
  final List<Node> nodes = new ArrayList<>();
  final Set<Value> stored = new TreeSet<>(java.util.Comparator.comparingInt(Value::id));
  @Nullable List<Integer> reduced;

  Group(Kind kind, int position, Node first, List<Integer> domain) {
    this(kind, position, first.origin(), kind == Kind.LOOP ? null : first, domain);
    nodes.add(first);
  }

  private Group(Kind kind, int position, Origin origin, @Nullable Node root, List<Integer> domain) {
    this.kind = kind;
    this.position = position;
    this.phase = origin.phase();
    this.epoch = origin.epoch();
    this.domain = List.copyOf(domain);
    this.root = root;
  }

  /// What moves values about and computes none.
  static Group copy(List<Integer> domain) {
    return new Group(Kind.LOOP, 0, Origin.NONE, null, domain);
  }

  String name() {
    if (nodes.isEmpty()) {
      return "copy";
    }
    Node n = nodes.get(nodes.size() - 1);
    String path = n.origin().path();
    String what =
        root != null
            ? root.op().name()
            : nodes.stream().anyMatch(Fusion::reduces) ? "Reduce" : "Map";
    return (path.isEmpty() ? "" : path + "/")
        + what
        + (nodes.size() > 1 ? "+" + (nodes.size() - 1) : "");
  }
}
