package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes ops on trees as loops over tables: batched forms by height, each height padded to one of
/// the form's widths, others node by node.
///
/// Lanes past the nodes of a height repeat its last node. They read and write what that node does,
/// so no mask is needed, and no body ever runs on values that no node has. Only sums over nodes
/// leave them out.
public final class TreeLoops {
  private final Set<Value> used = new HashSet<>();
  private final Map<Value, Value> renamed = new HashMap<>();

  private TreeLoops() {}

  /// The program without ops on trees.
  public static Program run(Program p) {
    boolean any =
        p.nodes().stream().anyMatch(TreeLoops::hasTree)
            || p.functions().values().stream().anyMatch(TreeLoops::hasTree);
    return any ? new TreeLoops().lowered(p) : p;
  }

  private static boolean hasTree(Node n) {
    return n.op() instanceof TreeOp || n.blocks().stream().anyMatch(TreeLoops::hasTree);
  }

  private static boolean hasTree(Block b) {
    return b.nodes().stream().anyMatch(TreeLoops::hasTree);
  }

  private Program lowered(Program p) {
    used.addAll(p.results());
    p.nodes().forEach(n -> used.addAll(Uses.all(n)));
    p.functions().values().forEach(this::note);
    p.nodes().forEach(n -> n.blocks().forEach(this::note));
    Emit e = p.emitter();
    p.nodes().forEach(n -> node(e, n));
    Map<String, Block> functions = new LinkedHashMap<>();
    p.functions().forEach((name, b) -> functions.put(name, block(e, b)));
    Program q = p.with(e.nodes(), renamed);
    return new Program(
        q.name(), q.state(), q.inputs(), q.nodes(), q.outputs(), q.updates(), functions);
  }

  /// What nested blocks use of their own values.
  private void note(Block b) {
    used.addAll(b.results());
    for (Node n : b.nodes()) {
      used.addAll(Uses.all(n));
      n.blocks().forEach(this::note);
    }
  }

  private Value now(Value v) {
    return renamed.getOrDefault(v, v);
  }

  private void node(Emit e, Node n) {
    List<Value> operands = n.operands().stream().map(this::now).toList();
    List<Block> blocks = n.blocks().stream().map(b -> block(e, b)).toList();
    Node m = new Node(n.op(), operands, n.results(), blocks, n.origin());
    if (!(n.op() instanceof TreeOp op)) {
      e.nodes().add(m);
      return;
    }
    e.origin(n.origin());
    List<Value> results =
        switch (op) {
          case TreeOp.TreeFold f -> new FoldLoops(e, m, f).results();
          case TreeOp.TreeUnfold u -> new UnfoldLoops(e, m, u, used::contains).results();
          case TreeOp.NodeSum s -> SumLoops.results(e, m, s);
        };
    for (int i = 0; i < results.size(); i++) {
      renamed.put(n.results().get(i), results.get(i));
    }
  }

  private Block block(Emit e, Block b) {
    if (b.nodes().isEmpty()) {
      return new Block(b.params(), b.nodes(), b.results().stream().map(this::now).toList());
    }
    Emit g = e.nested();
    b.nodes().forEach(n -> node(g, n));
    return new Block(b.params(), g.nodes(), b.results().stream().map(this::now).toList());
  }
}
