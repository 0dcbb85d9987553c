package dev.retrograde.choice;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The rewrite behind [Saving.Recompute].
///
/// Forward nodes are cut into segments of blocks, in order. A value that leaves its segment forward
/// is a boundary and stays stored. The first backward node that reads an inner value of a segment
/// gets, right before it, a clone of the part of the segment that this and all later backward nodes
/// read. Clones carry the segment's number as epoch, so that merging equal nodes cannot undo them.
/// The last segment is left alone: its values are read at once.
final class Checkpoint {
  private final Program program;
  private final Map<Node, Integer> segment = new HashMap<>();
  private final Map<Value, Node> maker = new HashMap<>();
  private final int segments;

  Checkpoint(Program program, int every) {
    this.program = program;
    Map<String, Integer> blocks = new LinkedHashMap<>();
    for (Node n : program.nodes()) {
      if (n.origin().phase() == Phase.FORWARD) {
        int block = blocks.computeIfAbsent(block(n.origin().path()), b -> blocks.size());
        segment.put(n, block / every);
        n.results().forEach(v -> maker.put(v, n));
      }
    }
    segments = (blocks.size() + every - 1) / every;
  }

  /// A block is what lies under the deepest segment named `block...`, otherwise under the first
  /// segment of the path.
  static String block(String path) {
    String[] parts = path.split("/");
    for (int i = parts.length - 1; i >= 0; i--) {
      if (parts[i].startsWith("block")) {
        return String.join("/", List.of(parts).subList(0, i + 1));
      }
    }
    return parts[0];
  }

  Program rewrite() {
    Set<Value> boundary = boundaries();
    // What backward reads of each segment.
    Map<Integer, Set<Value>> reads = new HashMap<>();
    for (Node n : program.nodes()) {
      if (n.origin().phase() != Phase.FORWARD) {
        for (Value v : n.operands()) {
          Integer s = inner(v, boundary);
          if (s != null) {
            reads.computeIfAbsent(s, k -> new HashSet<>()).add(v);
          }
        }
      }
    }
    int largest =
        program.nodes().stream()
            .flatMap(n -> n.results().stream())
            .mapToInt(Value::id)
            .max()
            .orElse(0);
    for (Program.StateParam p : program.state()) {
      largest = Math.max(largest, p.value().id());
    }
    for (Program.Named p : program.inputs()) {
      largest = Math.max(largest, p.value().id());
    }
    Emit e = new Emit(new Emit.Ids(largest + 1));
    Map<Integer, Map<Value, Value>> clones = new HashMap<>();
    for (Node n : program.nodes()) {
      if (n.origin().phase() == Phase.FORWARD) {
        e.nodes().add(n);
        continue;
      }
      List<Value> operands = new ArrayList<>();
      for (Value v : n.operands()) {
        Integer s = inner(v, boundary);
        if (s == null) {
          operands.add(v);
        } else {
          Map<Value, Value> copy = clones.get(s);
          if (copy == null) {
            copy = cloneSegment(e, s, reads.getOrDefault(s, Set.of()), boundary);
            clones.put(s, copy);
          }
          operands.add(copy.getOrDefault(v, v));
        }
      }
      e.nodes().add(new Node(n.op(), operands, n.results(), n.blocks(), n.origin()));
    }
    return program.with(e.nodes());
  }

  /// The segment in which v is an inner value that may be computed again, or null.
  private @Nullable Integer inner(Value v, Set<Value> boundary) {
    Node n = maker.get(v);
    if (n == null || boundary.contains(v)) {
      return null;
    }
    Integer s = segment.get(n);
    return s == null || s == segments - 1 ? null : s;
  }

  private Set<Value> boundaries() {
    Set<Value> out = new HashSet<>(program.results());
    for (Node n : program.nodes()) {
      Integer s = segment.get(n);
      if (!n.op().pure()) {
        out.addAll(n.results());
      }
      if (s == null) {
        continue;
      }
      for (Value v : n.operands()) {
        Node m = maker.get(v);
        if (m != null && !s.equals(segment.get(m))) {
          out.add(v);
        }
      }
    }
    return out;
  }

  private Map<Value, Value> cloneSegment(Emit e, int s, Set<Value> wanted, Set<Value> boundary) {
    Set<Value> needed = new HashSet<>(wanted);
    List<Node> chosen = new ArrayList<>();
    for (int i = program.nodes().size() - 1; i >= 0; i--) {
      Node n = program.nodes().get(i);
      Integer own = segment.get(n);
      if (own != null
          && own == s
          && n.results().stream().anyMatch(v -> needed.contains(v) && !boundary.contains(v))) {
        chosen.add(0, n);
        needed.addAll(n.operands());
      }
    }
    Map<Value, Value> copy = new HashMap<>();
    for (Node n : chosen) {
      e.origin(n.origin().with(Phase.BACKWARD).inEpoch(s + 1));
      List<Value> results =
          e.clone(n, n.operands().stream().map(v -> copy.getOrDefault(v, v)).toList());
      for (int r = 0; r < results.size(); r++) {
        if (!boundary.contains(n.results().get(r))) {
          copy.put(n.results().get(r), results.get(r));
        }
      }
    }
    return copy;
  }
}
