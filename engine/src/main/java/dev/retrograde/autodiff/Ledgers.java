package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Gradients of matrices that a loop or a function only multiplies with, where the number of
/// products is known only at run time: each product puts the cotangent of its result and its other
/// operand on a ledger, which is a chain of frames and a count, and after the whole loop or
/// recursion the rows are taken off, up to [#ROWS] at a time, and multiplied at once.
///
/// A ledger takes the place of the matrix among the captured values of everything inside: what a
/// captured value has collected so far goes into a block and comes out of it, whether that is a sum
/// or a ledger.
final class Ledgers {
  /// Rows that are multiplied at once; missing ones are zero.
  static final int ROWS = 64;

  private static final Type COUNT = Type.of(DType.I32);

  private final Context context;
  private final Map<Kind, Ledger> known = new HashMap<>();
  private final Map<Value, Set<Ledger>> active = new LinkedHashMap<>();

  Ledgers(Context context) {
    this.context = context;
  }

  /// Products that share a ledger.
  private record Kind(Value matrix, LinearOp.Contract op, int side, Type dy, Type other) {
    static Kind of(Node n, int side) {
      return new Kind(
          n.operand(side),
          (LinearOp.Contract) n.op(),
          side,
          n.result().type(),
          n.operand(1 - side).type());
    }
  }

  /// A ledger, named by two values that nothing makes: what stands for them in a walk are the last
  /// frame and the number of frames.
  record Ledger(Kind kind, Value chain, Value count) {}

  /// Whether products with a value go on a ledger now.
  boolean booked(Value matrix) {
    return active.containsKey(matrix);
  }

  /// What stands among captured values for one of them.
  List<Value> names(Value v) {
    Set<Ledger> ledgers = active.get(v);
    List<Value> out = new ArrayList<>();
    if (ledgers == null) {
      out.add(v);
    } else {
      ledgers.forEach(t -> out.addAll(List.of(t.chain, t.count)));
    }
    return out;
  }

  /// These values, with the matrices whose ledgers are among them.
  List<Value> matrices(List<Value> values) {
    List<Value> out = new ArrayList<>(values);
    active.forEach((matrix, ledgers) -> {
      if (ledgers.stream().anyMatch(t -> values.contains(t.chain))) {
        out.add(matrix);
      }
    });
    return out;
  }

  /// Puts a product on its ledger.
  void push(Walk w, Node product, int side, Value dy) {
    Ledger t = ledger(w.back(), Kind.of(product, side));
    Value before = w.cotangentOrZeros(t.chain);
    w.put(t.chain, w.back().add(new FrameOp.Pack(), before, dy, product.operand(1 - side)));
    Value count = w.cotangentOrZeros(t.count);
    w.put(t.count, w.back().plus(count, w.back().scalar(DType.I32, 1)));
  }

  private Ledger ledger(Emit e, Kind k) {
    return known.computeIfAbsent(
        k, x -> new Ledger(k, e.parameter(FrameOp.HANDLE), e.parameter(COUNT)));
  }

  /// Starts ledgers for what a node captures and only multiplies with; returns the matrices.
  List<Value> open(Walk w, Node n, List<Value> captured) {
    List<Value> opened = new ArrayList<>();
    if (!context.options().deferred() || n.op() instanceof ControlOp.If) {
      return opened;
    }
    for (Value v : captured) {
      if (!Activity.floats(v) || booked(v)) {
        continue;
      }
      Set<Ledger> ledgers = new LinkedHashSet<>();
      Uses uses = new Uses(v, w.back(), ledgers);
      if (uses.inside(n) && !ledgers.isEmpty()) {
        active.put(v, ledgers);
        opened.add(v);
      }
    }
    return opened;
  }

  /// Looks at every use of a matrix inside a node.
  private final class Uses {
    private final Value matrix;
    private final Emit e;
    private final Set<Ledger> ledgers;
    private final Set<String> entered = new HashSet<>();

    Uses(Value matrix, Emit e, Set<Ledger> ledgers) {
      this.matrix = matrix;
      this.e = e;
      this.ledgers = ledgers;
    }

    /// Whether all are products whose rows are smaller than the matrix, none in a scan or a tree,
    /// which form gradients by themselves.
    boolean inside(Node n) {
      return switch (n.op()) {
        case ControlOp.Call c ->
            !entered.add(c.function()) || block(context.captures().body(c.function()));
        case ControlOp.Region r -> !context.captures().of(n).contains(matrix);
        default -> n.blocks().stream().allMatch(this::block);
      };
    }

    private boolean block(Block b) {
      return !b.results().contains(matrix)
          && b.nodes().stream().allMatch(n -> operands(n) && nested(n));
    }

    private boolean nested(Node n) {
      return n.op() instanceof ControlOp.Scan || n.op() instanceof TreeOp
          ? !context.captures().of(n).contains(matrix)
          : inside(n);
    }

    private boolean operands(Node n) {
      if (!n.operands().contains(matrix)) {
        return true;
      }
      if (!(n.op() instanceof LinearOp.Contract) || n.operand(0).equals(n.operand(1))) {
        return false;
      }
      Kind k = Kind.of(n, n.operand(0).equals(matrix) ? 0 : 1);
      ledgers.add(ledger(e, k));
      return !k.dy.ragged()
          && !k.other.ragged()
          && k.dy.size() + k.other.size() <= matrix.type().size();
    }
  }

  /// Ends ledgers: adds to the gradients of the matrices what is on them.
  void close(Walk w, List<Value> opened) {
    for (Value matrix : opened) {
      Set<Ledger> ledgers = active.remove(matrix);
      for (Ledger t : ledgers == null ? Set.<Ledger>of() : ledgers) {
        Value chain = w.take(t.chain);
        Value count = w.take(t.count);
        if (chain != null && count != null) {
          w.put(matrix, form(w.back(), t.kind, chain, count, w.cotangentOrZeros(matrix)));
        }
      }
    }
  }

  /// While rows are left: take off some and add their product.
  private static Value form(Emit e, Kind k, Value chain, Value count, Value sum) {
    List<Value> start = List.of(chain, count, sum);
    Emit c = e.nested();
    List<Value> cp = parameters(c, start);
    Value more = some(c, cp.get(1));
    Block condition = new Block(cp, c.nodes(), List.of(more));
    Emit b = e.nested();
    List<Value> bp = parameters(b, start);
    List<Value> rows =
        b.addAll(
            new ControlOp.Scan(Extent.of(ROWS), 2, false), bp.subList(0, 2), List.of(row(b, k)));
    Value product = k.op.cotangent(b, k.side, rows.get(2), rows.get(3), k.matrix.type(), 1);
    Value added = b.plus(bp.get(2), product);
    Block body = new Block(bp, b.nodes(), List.of(rows.get(0), rows.get(1), added));
    return e.addAll(new ControlOp.While(ControlOp.UNBOUNDED), start, List.of(condition, body))
        .get(2);
  }

  private static List<Value> parameters(Emit e, List<Value> like) {
    return like.stream().map(v -> e.parameter(v.type())).toList();
  }

  private static Value some(Emit e, Value count) {
    return e.map(Primitive.LT, e.scalar(DType.I32, 0), count);
  }

  /// One row: taken off the chain, or zeros where it has ended.
  private static Block row(Emit around, Kind k) {
    Emit e = around.nested();
    Value i = e.parameter(COUNT);
    Value chain = e.parameter(FrameOp.HANDLE);
    Value count = e.parameter(COUNT);
    Value more = some(e, count);
    Emit yes = e.nested();
    List<Value> parts =
        yes.addAll(
            new FrameOp.Unpack(List.of(FrameOp.HANDLE, k.dy, k.other)), List.of(chain), List.of());
    Value less = yes.minus(count, yes.scalar(DType.I32, 1));
    Block taken =
        new Block(List.of(), yes.nodes(), List.of(parts.get(0), less, parts.get(1), parts.get(2)));
    Emit no = e.nested();
    List<Value> zeros = List.of(chain, count, no.zeros(k.dy), no.zeros(k.other));
    Block ended = new Block(List.of(), no.nodes(), zeros);
    List<Value> out = e.addAll(new ControlOp.If(), List.of(more), List.of(taken, ended));
    return new Block(List.of(i, chain, count), e.nodes(), out);
  }
}
