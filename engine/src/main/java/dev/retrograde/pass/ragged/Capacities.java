package dev.retrograde.pass.ragged;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Writes values of run-time size as values of their capacity, of which only the part below the
/// count means something. Elementwise work and moves are the same at the capacity; what reads
/// across an axis of run-time size reads, past the count, what changes nothing ([Masks]). So the
/// order of a sum follows from the capacity, never from the count.
///
/// A count outside of 0 to the capacity is an error in the interpreter and taken for the nearer of
/// the two elsewhere. An axis of a scan keeps its run-time number of trips.
public final class Capacities {
  private Capacities() {}

  /// A program of static sizes.
  ///
  /// @param counts how many rows of its values are read
  public record Fixed(Program program, Counts counts) {}

  /// The program over capacities; the program itself where all its sizes are static.
  public static Fixed run(Program p) {
    Counts counts = new Counts();
    if (!ragged(p)) {
      return new Fixed(p, counts);
    }
    Emit e = p.emitter();
    Map<Value, Value> renamed = new HashMap<>();
    Rewriter r = new Rewriter(e, renamed, counts);
    List<Program.Named> inputs =
        p.inputs().stream().map(i -> new Program.Named(i.name(), r.parameter(i.value()))).toList();
    p.inputs().forEach(i -> r.note(i.value()));
    Map<String, Block> functions = new TreeMap<>();
    p.functions().forEach((name, f) -> functions.put(name, r.block(f)));
    r.nodes(p.nodes());
    List<Program.Update> updates = updates(p, e, r);
    List<Program.Named> outputs =
        p.outputs().stream().map(o -> new Program.Named(o.name(), r.now(o.value()))).toList();
    Program fixed =
        new Program(p.name(), p.state(), inputs, e.nodes(), outputs, updates, functions);
    return new Fixed(fixed, counts);
  }

  private static List<Program.Update> updates(Program p, Emit e, Rewriter r) {
    e.origin(Origin.NONE.with(Origin.Phase.UPDATE));
    List<Program.Update> out = new ArrayList<>();
    for (Program.Update u : p.updates()) {
      Value at = u.rows();
      if (at == null) {
        out.add(new Program.Update(u.entry(), r.now(u.value()), null));
      } else {
        List<Value> rows = r.update(p.stateValue(u.entry()), u.value(), at);
        out.add(new Program.Update(u.entry(), rows.get(0), rows.get(1)));
      }
    }
    return out;
  }

  private static boolean ragged(Program p) {
    return p.inputs().stream().anyMatch(i -> i.value().type().ragged())
        || p.nodes().stream().anyMatch(Capacities::ragged)
        || p.functions().values().stream().anyMatch(Capacities::ragged);
  }

  private static boolean ragged(Block b) {
    return b.params().stream().anyMatch(v -> v.type().ragged())
        || b.nodes().stream().anyMatch(Capacities::ragged);
  }

  private static boolean ragged(Node n) {
    return Stream.concat(n.operands().stream(), n.results().stream())
            .anyMatch(v -> v.type().ragged())
        || n.blocks().stream().anyMatch(Capacities::ragged);
  }
}
