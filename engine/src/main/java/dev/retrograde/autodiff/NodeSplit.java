package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The derivative of what one tree node computes, cut into two: what must go on to its children,
/// and what goes to captured values, which nobody waits for.
///
/// A copy of the block is differentiated once, as code for a single node. Its nodes fall into three
/// sets: the forward part; those that cotangents of parameters need, the *way back*; the *rest*,
/// which only cotangents of captured values need. Values that cross from one set to a later one are
/// *rows*: a table keeps them for each node. Neither what is free to make again nor what is the
/// same for all nodes is a row; it is copied to where it is read.
final class NodeSplit {
  private final List<Value> params;
  private final List<Value> results;
  private final List<Value> seeds = new ArrayList<>();
  private final List<Node> forward;
  private final List<Node> back = new ArrayList<>();
  private final List<Node> rest = new ArrayList<>();
  private final Map<Value, Value> cotangents;
  private final Map<Value, Node> made = new HashMap<>();

  /// What differs from node to node.
  private final Set<Value> varying = new HashSet<>();

  private final Set<Value> madeBack = new HashSet<>();
  private final Set<Value> madeInRest = new HashSet<>();
  private final Set<Value> residuals = new LinkedHashSet<>();
  private final Set<Value> handedOn = new LinkedHashSet<>();

  /// @param block what a node computes
  /// @param floats which of its results receive a cotangent
  /// @param captured the outer values whose cotangents are wanted
  /// @param deferred whether there is a rest; else all of the derivative is the way back
  NodeSplit(
      Context context,
      Emit e,
      Block block,
      List<Integer> floats,
      List<Value> captured,
      boolean deferred) {
    Emit f = e.nested();
    params = block.params().stream().map(p -> f.parameter(p.type())).toList();
    results = new Cloner(f).inline(block, params);
    List<Node> nodes = List.copyOf(f.nodes());
    List<Value> given = params.stream().filter(p -> p.type().dtype().isFloat()).toList();
    List<Value> wrt = Split.join(given, captured);
    Walk w = new Walk(context.ofNode(), f, f, nodes, wrt, Set.of());
    for (int k : floats) {
      Value seed = f.parameter(results.get(k).type());
      seeds.add(seed);
      w.add(results.get(k), seed);
    }
    cotangents = w.run();
    List<Node> twins = f.current(nodes);
    note(f.nodes());
    List<Node> derivative = f.nodes().subList(twins.size(), f.nodes().size());
    divide(derivative, deferred ? given : wrt);
    collect(deferred ? given : wrt, false);
    collect(deferred ? captured : List.of(), true);
    forward = nodes.stream().flatMap(n -> kept(f, n).stream()).toList();
  }

  /// What stands for a node in the forward part: its twin, if that leaves a row.
  private List<Node> kept(Emit f, Node n) {
    List<Node> twin = f.current(List.of(n));
    boolean more =
        twin.stream()
            .flatMap(t -> t.results().stream())
            .anyMatch(r -> !n.results().contains(r) && residuals.contains(r));
    return more ? twin : List.of(n);
  }

  private void note(List<Node> nodes) {
    varying.addAll(params);
    varying.addAll(seeds);
    for (Node n : nodes) {
      n.results().forEach(r -> made.put(r, n));
      if (Uses.all(n).stream().anyMatch(varying::contains)) {
        varying.addAll(n.results());
      }
    }
  }

  /// Puts nodes of the derivative that cotangents of `early` need on the way back.
  private void divide(List<Node> derivative, List<Value> early) {
    Set<Value> needed = new HashSet<>();
    for (Value v : early) {
      Value c = cotangents.get(v);
      if (c != null) {
        needed.add(c);
      }
    }
    madeBack.addAll(seeds);
    for (Node n : derivative.reversed()) {
      boolean now = n.results().stream().anyMatch(needed::contains);
      if (now) {
        needed.addAll(Uses.all(n));
      }
      (now ? back : rest).addFirst(n);
      (now ? madeBack : madeInRest).addAll(n.results());
    }
  }

  /// Finds the rows that a part reads, which ends in the cotangents of `of`.
  private void collect(List<Value> of, boolean late) {
    (late ? rest : back).forEach(n -> Uses.all(n).forEach(v -> row(v, late)));
    for (Value v : of) {
      Value c = cotangents.get(v);
      if (c != null) {
        row(c, late);
      }
    }
  }

  private void row(Value v, boolean late) {
    if (v.equals(params.get(0)) || (late ? madeInRest : madeBack).contains(v)) {
      return;
    }
    if (copied(v)) {
      Uses.all(maker(v)).forEach(o -> row(o, late));
    } else if (varying.contains(v)) {
      (madeBack.contains(v) ? handedOn : residuals).add(v);
    }
  }

  /// Whether a value is made again where it is read.
  private boolean copied(Value v) {
    return made.containsKey(v)
        && (maker(v).op().free() || v.type().dtype() == DType.FRAME || !varying.contains(v));
  }

  private Node maker(Value v) {
    Node n = made.get(v);
    if (n == null) {
      throw new AssertionError(v + " is made outside of the block");
    }
    return n;
  }

  /// The block's parameters, in the copy that this is about.
  List<Value> params() {
    return params;
  }

  List<Value> results() {
    return results;
  }

  /// The cotangent of a parameter or captured value, in terms of this copy; null if none flows.
  @Nullable Value cotangent(Value v) {
    return cotangents.get(v);
  }

  /// Rows of the forward part that later parts read; parameters and results of the block may be
  /// among them.
  List<Value> residuals() {
    return List.copyOf(residuals);
  }

  /// Rows of the way back that the rest reads.
  List<Value> handedOn() {
    return List.copyOf(handedOn);
  }

  /// The block's forward part with further results.
  Block twin(List<Value> rows) {
    List<Value> all = new ArrayList<>(results);
    all.addAll(rows);
    return new Block(params, forward, all);
  }

  /// Makes one of the later parts.
  ///
  /// @param late whether the rest, else the way back
  /// @param states whether it receives the cotangents of the results as parameters
  /// @param load emits the reading of a row: from the emitter, the node's number and the row
  /// @param wanted what the block returns
  Block part(Emit e, boolean late, boolean states, Load load, List<Value> wanted) {
    Emit g = e.nested();
    Copy copy = new Copy(g, load);
    List<Value> in = new ArrayList<>();
    in.add(copy.param(params.get(0)));
    if (states) {
      seeds.forEach(s -> in.add(copy.param(s)));
    }
    (late ? rest : back).forEach(copy::node);
    List<Value> out = new ArrayList<>();
    for (Value v : wanted) {
      copy.read(v);
      out.add(copy.cloner.of(v));
    }
    return new Block(in, g.nodes(), out);
  }

  /// Emits the reading of a row.
  @FunctionalInterface
  interface Load {
    Value read(Emit e, Value i, Value row);
  }

  /// A part being written.
  private final class Copy {
    private final Emit into;
    private final Cloner cloner;
    private final Load load;
    private final Set<Value> there = new HashSet<>();

    Copy(Emit into, Load load) {
      this.into = into;
      this.cloner = new Cloner(into);
      this.load = load;
    }

    Value param(Value v) {
      Value p = into.parameter(v.type());
      cloner.put(v, p);
      there.add(v);
      return p;
    }

    /// Makes sure that v can be used.
    void read(Value v) {
      if (there.contains(v) || !(made.containsKey(v) || varying.contains(v))) {
        return;
      }
      if (copied(v)) {
        node(maker(v));
        return;
      }
      cloner.put(v, load.read(into, cloner.of(params.get(0)), v));
      there.add(v);
    }

    void node(Node n) {
      Uses.all(n).forEach(this::read);
      cloner.node(n);
      there.addAll(n.results());
    }
  }
}
