package dev.retrograde.choice;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Program.Update;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Updates that write only the rows of a table that the step looked up: what a step costs no longer
/// grows with the size of the table.
///
/// The gradient of a table whose rows were gathered is a scatter of rows. Its update is
/// elementwise, so it is done on the gathered rows of the table and of what the optimiser
/// remembers, with the gradients of equal indices summed first; equal indices then write equal
/// rows.
///
/// It changes the meaning where an optimiser moves rows without a gradient: momentum and decay then
/// act on the rows that are looked up, when they are. Plain gradient descent and Adagrad, without
/// decay, give what the whole update gives, up to the order of sums of equal indices.
///
/// @param names globs of the parameters
public record TouchedRows(List<Glob> names) {
  public TouchedRows {
    names = List.copyOf(names);
  }

  /// The program with such updates.
  ///
  /// @throws IllegalArgumentException if a glob names no parameter, or one whose gradient comes
  ///   from elsewhere too, or whose update is not elementwise
  public Program apply(Program p) {
    for (Glob g : names) {
      if (parameters(p).noneMatch(g::matches)) {
        throw new IllegalArgumentException(
            "rows of '%s': no parameter has such a name; there are %s"
                .formatted(g, parameters(p).toList()));
      }
    }
    Rewriting r = new Rewriting(p);
    Map<String, Node> chosen = new HashMap<>();
    for (Update u : p.updates()) {
      boolean named = names.stream().anyMatch(g -> g.matches(u.entry()));
      if (named && parameters(p).anyMatch(u.entry()::equals)) {
        chosen.put(u.entry(), r.scatter(u));
      }
    }
    List<Update> updates = new ArrayList<>();
    for (Update u : p.updates()) {
      Set<Node> from = r.scatters(u.value());
      Node rows = from.stream().filter(chosen::containsValue).findFirst().orElse(null);
      updates.add(rows == null ? u : r.update(u, rows));
    }
    return new Program(
        p.name(), p.state(), p.inputs(), r.emit.nodes(), p.outputs(), updates, p.functions());
  }

  private static Stream<String> parameters(Program p) {
    return p.state().stream()
        .filter(s -> s.entry().role() == Role.PARAMETER)
        .map(s -> s.entry().name());
  }

  /// The same arithmetic on rows instead of tables.
  private static final class Rewriting {
    private final Program program;
    private final Emit emit;
    private final Map<Value, Node> maker = new HashMap<>();
    private final Map<Node, Map<Value, Value>> rows = new HashMap<>();
    private final Map<Node, Value> flat = new HashMap<>();

    Rewriting(Program p) {
      program = p;
      emit = p.emitter();
      emit.nodes().addAll(p.nodes());
      p.nodes().forEach(n -> n.results().forEach(v -> maker.put(v, n)));
    }

    /// The one scatter that an update of a parameter takes its gradient from.
    Node scatter(Update u) {
      Set<Node> all = scatters(u.value());
      if (all.size() != 1 || u.rows() != null) {
        throw new IllegalArgumentException(
            "rows of '%s': its gradient is not that of one look-up of rows, so all of it is to be updated; leave it out"
                .formatted(u.entry()));
      }
      return all.iterator().next();
    }

    /// Scatters of the value's type that elementwise arithmetic leads to it.
    Set<Node> scatters(Value v) {
      Set<Node> out = new HashSet<>();
      gather(v, v.type().extents(), out, new HashSet<>());
      return out;
    }

    private void gather(Value v, List<Extent> shape, Set<Node> out, Set<Value> seen) {
      Node n = maker.get(v);
      if (n == null || !seen.add(v) || !v.type().extents().equals(shape)) {
        return;
      }
      if (n.op() instanceof MoveOp.ScatterAdd) {
        out.add(n);
      } else if (n.op() instanceof MapOp) {
        n.operands().forEach(o -> gather(o, shape, out, seen));
      }
    }

    Update update(Update u, Node scatter) {
      Value at = indices(scatter);
      emit.origin(originOf(u.value()));
      Map<Value, Value> known = rows.computeIfAbsent(scatter, s -> new HashMap<>());
      return new Update(u.entry(), row(u, u.value(), scatter, at, known), at);
    }

    private Origin originOf(Value v) {
      Node n = maker.get(v);
      return n == null ? Origin.NONE : n.origin();
    }

    /// The scatter's indices as a vector.
    private Value indices(Node scatter) {
      return flat.computeIfAbsent(
          scatter,
          s -> {
            emit.origin(s.origin());
            Value at = s.operand(1);
            return emit.reshape(at, Math.toIntExact(at.type().size()));
          });
    }

    private Value row(Update u, Value v, Node scatter, Value at, Map<Value, Value> known) {
      Value done = known.get(v);
      if (done == null) {
        done = made(u, v, scatter, at, known);
        known.put(v, done);
      }
      return done;
    }

    private Value made(Update u, Value v, Node scatter, Value at, Map<Value, Value> known) {
      Node n = maker.get(v);
      List<Extent> shape = new ArrayList<>(at.type().extents());
      shape.addAll(v.type().extents().subList(Math.min(1, v.type().rank()), v.type().rank()));
      if (n == null) {
        return emit.add(new MoveOp.Gather(), v, at);
      }
      if (n == scatter) {
        return summed(n, at, shape);
      }
      return switch (n.op()) {
        case MoveOp.Fill f -> emit.add(new MoveOp.Fill(v.type().with(shape), f.bits()));
        case MoveOp.Broadcast b when b.axes().isEmpty() ->
            emit.broadcast(n.operand(0), shape, List.of());
        case MapOp.Map m -> {
          List<Value> operands = new ArrayList<>();
          n.operands().forEach(o -> operands.add(row(u, o, scatter, at, known)));
          List<Value> out = emit.addAll(m, operands, List.of());
          yield out.get(n.results().indexOf(v));
        }
        default -> throw notElementwise(u, n);
      };
    }

    /// Each row of the cotangent with those of equal indices: a product with the table of equal
    /// pairs.
    private Value summed(Node scatter, Value at, List<Extent> shape) {
      int k = at.type().dim(0);
      int wide = Math.toIntExact(scatter.operand(0).type().size() / Math.max(1, k));
      DType d = scatter.operand(0).type().dtype();
      List<Extent> square = List.of(Extent.of(k), Extent.of(k));
      Value equal =
          emit.equal(
              emit.broadcast(at, square, List.of(0)), emit.broadcast(at, square, List.of(1)));
      Value flatRows = emit.reshape(scatter.operand(0), k, wide);
      Value sum = emit.add(LinearOp.Contract.matmul(), emit.cast(equal, d), flatRows);
      return emit.reshape(sum, shape);
    }

    private IllegalArgumentException notElementwise(Update u, @Nullable Node n) {
      return new IllegalArgumentException(
          "rows of '%s': its update goes through %s, which is not elementwise; leave it out"
              .formatted(u.entry(), n == null ? "nothing" : n.op().name()));
    }
  }
}
