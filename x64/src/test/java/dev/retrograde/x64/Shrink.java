package dev.retrograde.x64;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Makes a program that fails smaller while it fails: fewer results, fewer nodes, and inputs in the
/// place of what nodes made.
final class Shrink {
  private static final int MOST = 600;

  private final Predicate<Program> fails;
  private int tries;

  private Shrink(Predicate<Program> fails) {
    this.fails = fails;
  }

  /// @param fails whether a program still fails, and in a way that counts
  static Program run(Program p, Predicate<Program> fails) {
    Shrink s = new Shrink(fails);
    Program small = s.results(p);
    int before;
    do {
      before = small.nodes().size();
      small = s.nodes(s.results(small));
    } while (small.nodes().size() < before && s.tries < MOST);
    return small;
  }

  private boolean still(Program p) {
    return tries++ < MOST && fails.test(p);
  }

  /// Halves first, then one by one.
  private Program results(Program p) {
    Program now = live(p);
    for (Program.Named o : p.outputs()) {
      Program less =
          live(
              new Program(
                  now.name(),
                  now.state(),
                  now.inputs(),
                  now.nodes(),
                  now.outputs().stream().filter(x -> !x.name().equals(o.name())).toList(),
                  now.updates(),
                  now.functions()));
      now = less.results().isEmpty() || !still(less) ? now : less;
    }
    for (Program.Update u : p.updates()) {
      Program less =
          live(
              new Program(
                  now.name(),
                  now.state(),
                  now.inputs(),
                  now.nodes(),
                  now.outputs(),
                  now.updates().stream().filter(x -> !x.entry().equals(u.entry())).toList(),
                  now.functions()));
      now = less.results().isEmpty() || !still(less) ? now : less;
    }
    return now;
  }

  private Program nodes(Program p) {
    Program now = p;
    for (Node n : p.nodes().reversed()) {
      if (!now.nodes().contains(n)) {
        continue;
      }
      for (Program less : List.of(skipped(now, n), cut(now, n))) {
        if (less.nodes().size() < now.nodes().size() && still(less)) {
          now = less;
          break;
        }
      }
    }
    return now;
  }

  /// With an operand of the same type in the place of a node's result.
  private static Program skipped(Program p, Node n) {
    if (n.results().size() != 1) {
      return p;
    }
    Value y = n.result();
    for (Value x : n.operands()) {
      if (x.type().equals(y.type())) {
        Map<Value, Value> by = Map.of(y, x);
        List<Node> nodes = new ArrayList<>();
        for (Node m : p.nodes()) {
          if (m != n) {
            List<Value> in = m.operands().stream().map(v -> by.getOrDefault(v, v)).toList();
            nodes.add(new Node(m.op(), in, m.results(), m.blocks(), m.origin()));
          }
        }
        return live(p.with(nodes, by));
      }
    }
    return p;
  }

  /// With inputs in the place of what a node makes.
  private static Program cut(Program p, Node n) {
    List<Program.Named> inputs = new ArrayList<>(p.inputs());
    n.results().forEach(v -> inputs.add(new Program.Named("v" + v.id(), v)));
    List<Node> nodes = p.nodes().stream().filter(m -> m != n).toList();
    return live(
        new Program(p.name(), p.state(), inputs, nodes, p.outputs(), p.updates(), p.functions()));
  }

  /// Without what no result needs.
  private static Program live(Program p) {
    Set<Value> used = new HashSet<>(p.results());
    List<Node> kept = new ArrayList<>();
    for (Node n : p.nodes().reversed()) {
      if (n.results().stream().anyMatch(used::contains)) {
        kept.add(n);
        used.addAll(Uses.all(n));
      }
    }
    Set<String> updated = new HashSet<>(p.updates().stream().map(Program.Update::entry).toList());
    return new Program(
        p.name(),
        p.state().stream()
            .filter(s -> used.contains(s.value()) || updated.contains(s.entry().name()))
            .toList(),
        p.inputs().stream().filter(i -> used.contains(i.value())).toList(),
        kept.reversed(),
        p.outputs(),
        p.updates(),
        p.functions());
  }
}
