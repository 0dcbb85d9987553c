package dev.retrograde.choice;

import dev.retrograde.choice.coding.Bits;
import dev.retrograde.choice.coding.BlockSparse;
import dev.retrograde.choice.coding.Code;
import dev.retrograde.choice.coding.Pooling;
import dev.retrograde.choice.coding.Quantising;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a rewrite adds to the forward pass: codes of values, each right after the node that makes
/// the value, so that the value itself can go.
final class Codes {
  /// Name of the program input that holds `[seed, step]`: what models that draw numbers read too.
  static final String KEY = "key";

  private final Forward forward;
  private final Emit.Ids ids;
  private final Map<Node, List<Node>> after = new HashMap<>();
  private final Map<Node, Integer> position = new HashMap<>();
  private final Map<Value, List<Value>> kept = new LinkedHashMap<>();
  private final Map<String, Integer> streams = new HashMap<>();
  private final List<Sign> signs = new ArrayList<>();
  private @Nullable Value key;
  private boolean keyAdded;

  /// Outcomes that stand for a forward value.
  ///
  /// @param compared what was compared, made by `maker`
  /// @param outcomes bytes of the outcomes, one each
  /// @param bytes kept
  record Sign(
      Node maker, Value compared, String reader, boolean packed, long outcomes, long bytes) {}

  Codes(Forward forward, Emit.Ids ids) {
    this.forward = forward;
    this.ids = ids;
    forward.nodes().forEach(n -> position.put(n, position.size()));
    forward.program().inputs().stream()
        .filter(i -> i.name().equals(KEY))
        .forEach(i -> key = i.value());
  }

  /// The code of a value, made in the forward pass.
  List<Value> of(Value v, Node maker, Code code) {
    List<Value> known = kept.get(v);
    if (known == null) {
      Emit e = behind(maker);
      known =
          switch (code) {
            case Bits b -> List.of(b.encode(e, v));
            case Pooling p -> List.of(p.encode(e, v));
            case BlockSparse b -> b.encode(e, v);
            case Quantising q -> q.encode(e, v, new Code.Draw(key(e), stream(maker)));
          };
      close(maker, e);
      kept.put(v, known);
    }
    return known;
  }

  /// The outcomes of comparisons, made in the forward pass.
  ///
  /// @param packed eight to a byte; otherwise as truth values
  List<Value> signs(Signs parts, String reader, boolean packed) {
    Node maker =
        parts.compared().stream()
            .map(v -> java.util.Objects.requireNonNull(forward.maker(v)))
            .reduce((a, b) -> place(a) > place(b) ? a : b)
            .orElseThrow();
    Emit e = behind(maker);
    List<Value> outcomes = e.addAll(new MapOp.Map(parts.compare()), parts.compared(), List.of());
    List<Value> all = new ArrayList<>();
    Bits code = new Bits();
    for (Value b : outcomes) {
      all.add(packed ? code.encode(e, b) : b);
      long bytes = packed ? code.bytes(b.type()) : b.type().bytes();
      signs.add(
          new Sign(maker, parts.compared().getFirst(), reader, packed, b.type().bytes(), bytes));
    }
    close(maker, e);
    return all;
  }

  List<Sign> signs() {
    return signs;
  }

  private int place(Node n) {
    return java.util.Objects.requireNonNull(position.get(n));
  }

  private Emit behind(Node maker) {
    Emit e = new Emit(ids);
    e.origin(maker.origin());
    return e;
  }

  private void close(Node maker, Emit e) {
    after.computeIfAbsent(maker, n -> new ArrayList<>()).addAll(e.nodes());
  }

  private Value key(Emit e) {
    Value k = key;
    if (k == null) {
      k = e.parameter(Type.of(DType.I32, 2));
      key = k;
      keyAdded = true;
    }
    return k;
  }

  /// Tells values apart by layer and by number within it, so that a change elsewhere in the model
  /// changes nothing here.
  private int stream(Node maker) {
    String path = maker.origin().path();
    return path.hashCode() * 31 + streams.merge(path, 1, Integer::sum);
  }

  /// The whole program: forward nodes with their codes, then these.
  ///
  /// @param renamed values of the program for which others stand now
  Program assemble(List<Node> backward, Map<Value, Value> renamed) {
    Program p = forward.program();
    List<Node> nodes = new ArrayList<>();
    for (Node n : forward.nodes()) {
      nodes.add(n);
      nodes.addAll(after.getOrDefault(n, List.of()));
    }
    nodes.addAll(backward);
    List<Program.Named> inputs = new ArrayList<>(p.inputs());
    if (keyAdded && key != null) {
      inputs.add(new Program.Named(KEY, key));
    }
    return new Program(p.name(), p.state(), inputs, nodes, p.outputs(), p.updates(), p.functions())
        .with(nodes, renamed);
  }
}
