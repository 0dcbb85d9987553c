package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Moves the update of a parameter into the branches that make its gradient, where nothing else
/// reads it: what makes the gradient can then finish with the update, and the gradient is never
/// stored. Equal bits.
///
/// A branch takes the elementwise nodes of the update only. It moves down to where the last of them
/// was, so that all they read is there, which is possible where nothing in between reads what the
/// branch makes.
final class Sink {
  private final Emit emit;

  private Sink(Emit emit) {
    this.emit = emit;
  }

  static Program run(Program p) {
    Set<Value> results = new HashSet<>(p.results());
    return p.with(new Sink(p.emitter()).sunk(p.nodes(), results));
  }

  /// @param results what is read of these nodes elsewhere
  private List<Node> sunk(List<Node> nodes, Set<Value> results) {
    List<Node> now = new ArrayList<>(nodes);
    for (int i = now.size() - 1; i >= 0; i--) {
      if (now.get(i).op() instanceof ControlOp.If) {
        sink(now, i, results);
      }
    }
    return now;
  }

  /// Sinks what it can into the branch at `at`.
  private void sink(List<Node> nodes, int at, Set<Value> results) {
    Node branch = nodes.get(at);
    List<Node> moved = updates(nodes, at);
    Set<Value> made = new HashSet<>();
    moved.forEach(n -> made.addAll(n.results()));
    Set<Value> own = new HashSet<>(branch.results());
    Set<Value> read = new HashSet<>(results);
    int last = moved.isEmpty() ? at : nodes.indexOf(moved.getLast());
    for (int i = at + 1; i < nodes.size(); i++) {
      Node n = nodes.get(i);
      if (moved.contains(n)) {
        continue;
      }
      Set<Value> uses = Uses.all(n);
      if (i < last && uses.stream().anyMatch(v -> own.contains(v) || made.contains(v))) {
        return;
      }
      read.addAll(uses);
    }
    boolean saves =
        moved.stream()
            .flatMap(n -> n.operands().stream())
            .anyMatch(v -> own.contains(v) && !read.contains(v));
    if (!saves) {
      return;
    }
    List<Value> out = new ArrayList<>();
    branch.results().stream().filter(read::contains).forEach(out::add);
    moved.forEach(n -> n.results().stream().filter(read::contains).forEach(out::add));
    List<Node> taken = withLight(nodes, moved);
    List<Block> blocks =
        branch.blocks().stream().map(b -> with(b, branch.results(), taken, out)).toList();
    nodes.set(last, new Node(branch.op(), branch.operands(), out, blocks, branch.origin()));
    nodes.remove(at);
    nodes.removeAll(moved);
  }

  /// Elementwise nodes of the update that read what the branch makes, or each other.
  private static List<Node> updates(List<Node> nodes, int at) {
    Set<Value> reached = new HashSet<>(nodes.get(at).results());
    List<Node> out = new ArrayList<>();
    for (Node n : nodes.subList(at + 1, nodes.size())) {
      if (n.op() instanceof MapOp.Map
          && n.origin().phase() == Phase.UPDATE
          && n.operands().stream().anyMatch(reached::contains)) {
        out.add(n);
        reached.addAll(n.results());
      }
    }
    return out;
  }

  /// The moved nodes, each behind what it reads that is cheaper made again than stored: one number
  /// repeated, which outside of the branch would be a tensor in memory.
  private static List<Node> withLight(List<Node> nodes, List<Node> moved) {
    Set<Value> wanted = new HashSet<>();
    moved.forEach(n -> wanted.addAll(n.operands()));
    List<Node> light = new ArrayList<>();
    for (Node n : nodes.reversed()) {
      if ((n.op() instanceof MoveOp.Broadcast || n.op() instanceof MoveOp.Fill)
          && wanted.contains(n.result())) {
        light.addFirst(n);
        wanted.addAll(n.operands());
      }
    }
    light.addAll(moved);
    return light;
  }

  /// A block that goes on with the moved nodes.
  private Block with(Block b, List<Value> results, List<Node> moved, List<Value> out) {
    Emit e = emit.nested();
    e.nodes().addAll(b.nodes());
    Cloner c = new Cloner(e);
    for (int k = 0; k < results.size(); k++) {
      c.put(results.get(k), b.results().get(k));
    }
    for (Node n : moved) {
      e.origin(n.origin());
      c.node(n);
    }
    List<Value> made = c.of(out);
    return new Block(b.params(), sunk(e.nodes(), new HashSet<>(made)), made);
  }
}
