package dev.retrograde.choice;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A scan and the scan that goes back through it: the rows that the former writes and that only the
/// latter reads for the backward part need not be kept, since a stretch of rows can be run again
/// from the carried values before it.
///
/// @param forward the scan of the forward part
/// @param backward the scan of the backward part, over the same rows in the other direction
/// @param rows which results of `forward` nobody reads in the backward part but `backward`, in
///   order
/// @param dropped those of them that the forward part does not read either
record ScanPair(Node forward, Node backward, List<Integer> rows, Set<Integer> dropped) {
  ScanPair {
    rows = List.copyOf(rows);
    dropped = Set.copyOf(dropped);
  }

  ControlOp.Scan scan() {
    return (ControlOp.Scan) forward.op();
  }

  ControlOp.Scan back() {
    return (ControlOp.Scan) backward.op();
  }

  int trips() {
    return ((Extent.Static) scan().trips()).n();
  }

  /// All pairs of a joint program, in the order of their forward scans.
  static List<ScanPair> of(Program p) {
    Map<Value, Set<Node>> readers = new HashMap<>();
    for (Node n : p.nodes()) {
      Uses.all(n).forEach(v -> readers.computeIfAbsent(v, k -> new HashSet<>()).add(n));
    }
    Set<Value> results = new HashSet<>(p.results());
    List<ScanPair> all = new ArrayList<>();
    for (Node n : p.nodes()) {
      if (n.origin().phase() == Phase.FORWARD && cuttable(n)) {
        ScanPair pair = pair(n, readers, results);
        if (pair != null) {
          all.add(pair);
        }
      }
    }
    return all;
  }

  private static boolean cuttable(Node n) {
    return n.op() instanceof ControlOp.Scan s
        && s.trips() instanceof Extent.Static
        && n.pure()
        && n.operands().stream().noneMatch(v -> v.type().dtype() == DType.FRAME);
  }

  private static @org.jspecify.annotations.Nullable ScanPair pair(
      Node n, Map<Value, Set<Node>> readers, Set<Value> results) {
    ControlOp.Scan s = (ControlOp.Scan) n.op();
    Node back = null;
    List<Integer> rows = new ArrayList<>();
    Set<Integer> dropped = new HashSet<>();
    for (int r = s.carried(); r < n.results().size(); r++) {
      Value v = n.results().get(r);
      Set<Node> by = readers.getOrDefault(v, Set.of());
      List<Node> late =
          by.stream().filter(x -> x.origin().phase() != Phase.FORWARD).distinct().toList();
      if (late.size() == 1
          && goesBack(late.getFirst(), s, v)
          && (back == null || back == late.getFirst())) {
        back = late.getFirst();
        rows.add(r);
        if (by.size() == 1 && !results.contains(v)) {
          dropped.add(r);
        }
      }
    }
    return back == null ? null : new ScanPair(n, back, rows, dropped);
  }

  /// Whether a node walks the same rows the other way and takes a value as rows, in no other way.
  private static boolean goesBack(Node n, ControlOp.Scan s, Value v) {
    return n.origin().phase() != Phase.FORWARD
        && cuttable(n)
        && n.op() instanceof ControlOp.Scan b
        && b.trips().equals(s.trips())
        && b.reverse() != s.reverse()
        && !n.operands().subList(0, b.carried()).contains(v)
        && !Uses.captured(n).contains(v);
  }
}
