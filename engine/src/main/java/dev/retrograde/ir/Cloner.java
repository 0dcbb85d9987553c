package dev.retrograde.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Copies nodes and blocks into an emitter under fresh values, with other values for some.
///
/// Copies keep the layer path and line of their originals and take phase and epoch from the
/// emitter. Nested blocks are copied too, so that every value of a program is still made once.
public final class Cloner {
  private final Emit into;
  private final Map<Value, Value> known = new HashMap<>();

  public Cloner(Emit into) {
    this.into = into;
  }

  /// From now on `to` stands for `from`.
  public void put(Value from, Value to) {
    known.put(from, to);
  }

  /// What stands for a value: its copy, or itself where it was not copied.
  public Value of(Value v) {
    return known.getOrDefault(v, v);
  }

  public List<Value> of(List<Value> values) {
    return values.stream().map(this::of).toList();
  }

  /// A type, with what stands for the run-time sizes that it names.
  public Type of(Type t) {
    return Attributes.substitute(t, this::of);
  }

  /// An op, likewise.
  public Op of(Op op) {
    return Attributes.substitute(op, this::of);
  }

  /// A cloner of a nested block, which knows what this one does.
  public Cloner nested(Emit into) {
    Cloner inner = new Cloner(into);
    inner.known.putAll(known);
    return inner;
  }

  /// Appends a copy of a node; returns its results.
  public List<Value> node(Node n) {
    Origin before = into.origin();
    into.origin(new Origin(n.origin().path(), n.origin().line(), before.phase(), before.epoch()));
    List<Value> results =
        into.addAll(of(n.op()), of(n.operands()), n.blocks().stream().map(this::block).toList());
    into.origin(before);
    for (int i = 0; i < results.size(); i++) {
      put(n.results().get(i), results.get(i));
    }
    return results;
  }

  /// Appends copies of a block's nodes, with `args` for its parameters; returns its results.
  public List<Value> inline(Block b, List<Value> args) {
    for (int i = 0; i < args.size(); i++) {
      put(b.params().get(i), args.get(i));
    }
    b.nodes().forEach(this::node);
    return of(b.results());
  }

  /// A copy of a block with fresh parameters.
  public Block block(Block b) {
    Emit nested = into.nested();
    Cloner inner = nested(nested);
    List<Value> params = new ArrayList<>();
    for (Value p : b.params()) {
      Value q = nested.parameter(inner.of(p.type()));
      inner.put(p, q);
      params.add(q);
    }
    b.nodes().forEach(inner::node);
    return new Block(params, nested.nodes(), inner.of(b.results()));
  }
}
