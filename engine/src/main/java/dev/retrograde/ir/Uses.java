package dev.retrograde.ir;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What nodes read beyond their operands: nested blocks use outer values directly, and types of
/// run-time size name their counts.
public final class Uses {
  private Uses() {}

  /// Outer values that the nested blocks of a node use, in order of first use; operands too where a
  /// block names them.
  public static List<Value> captured(Node n) {
    Set<Value> out = new LinkedHashSet<>();
    n.blocks().forEach(b -> out.addAll(captured(b)));
    return new ArrayList<>(out);
  }

  /// Values that a block uses and does not define.
  public static List<Value> captured(Block b) {
    Set<Value> used = new LinkedHashSet<>();
    Set<Value> defined = new HashSet<>(b.params());
    b.params().forEach(p -> Attributes.counts(p.type(), used::add));
    for (Node n : b.nodes()) {
      used.addAll(all(n));
      defined.addAll(n.results());
    }
    used.addAll(b.results());
    used.removeAll(defined);
    return new ArrayList<>(used);
  }

  /// Everything that must be there before a node runs: operands, captured values, counts.
  public static Set<Value> all(Node n) {
    Set<Value> out = new LinkedHashSet<>(n.operands());
    out.addAll(captured(n));
    Attributes.counts(n.op(), out::add);
    n.results().forEach(r -> Attributes.counts(r.type(), out::add));
    return out;
  }

  /// Run-time sizes that a type names.
  public static Set<Value> counts(Type t) {
    Set<Value> out = new LinkedHashSet<>();
    Attributes.counts(t, out::add);
    return out;
  }
}
