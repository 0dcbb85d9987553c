package dev.retrograde.pass.tree;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sums over rows, taken as early as may be: a linear op on rows, then summed, is the op on the
/// sum. A product of two rows, then summed, is one product that contracts the rows too: this is how
/// the gradients of a matrix from all nodes become one product.
///
/// Rows that do not count are zeroed where a sum is taken, in a product in its smaller factor. In a
/// branch that not all rows take the others may hold anything; there both factors are zeroed, since
/// zero times NaN is NaN.
final class RowSums {
  private final Vectorise v;
  private final RowRules rules;
  private final Emit e;
  private final @Nullable Value live;
  private final boolean wild;
  private final Map<Value, Value> sums = new HashMap<>();
  private final Map<Value, Value> masked = new HashMap<>();

  /// @param live which rows count, null for all
  /// @param wild whether the others may hold what no row that counts does
  RowSums(Vectorise v, RowRules rules, @Nullable Value live, boolean wild) {
    this.wild = wild;
    this.v = v;
    this.rules = rules;
    this.e = v.emit();
    this.live = live;
  }

  Value sum(Value x) {
    Value known = sums.get(x);
    if (known == null) {
      known = v.varies(x) ? ofVarying(x) : times(v.one(x));
      sums.put(x, known);
    }
    return known;
  }

  private Value times(Value one) {
    Value count =
        live == null
            ? e.scalar(one.type().dtype(), v.width())
            : e.sumAll(e.cast(live, one.type().dtype()));
    return e.times(one, e.broadcast(count, one.type().extents(), List.of()));
  }

  private Value ofVarying(Value x) {
    Node n = v.maker(x);
    Value early = n == null ? null : early(n, x);
    return early != null ? early : e.sum(counted(v.rows(x)), List.of(0));
  }

  /// Rows with zeros in place of those that do not count.
  private Value counted(Value rows) {
    return live == null
        ? rows
        : masked.computeIfAbsent(rows, r -> rules.select(live, r, e.zeros(r.type())));
  }

  /// The sum from sums of operands; null if the op is not linear in what varies.
  private @Nullable Value early(Node n, Value x) {
    return switch (n.op()) {
      case Contract c -> product(c, n.operand(0), n.operand(1));
      case MapOp.Map m -> elementwise(m, n);
      case MoveOp.Reshape r -> e.reshape(sum(n.operand(0)), r.target());
      case MoveOp.Transpose t -> e.transpose(sum(n.operand(0)), t.perm().toArray(Integer[]::new));
      case MoveOp.Broadcast b -> e.broadcast(sum(n.operand(0)), b.target(), b.axes());
      case MoveOp.Pad p -> p.bits() == 0 ? e.add(p, sum(n.operand(0))) : null;
      case MoveOp.Slice s -> n.operands().size() == 1 ? e.add(s, sum(n.operand(0))) : null;
      case ControlOp.If i -> branch(n, x);
      case MoveOp.ScatterAdd s -> scatter(s, n.operand(0), n.operand(1));
      case MoveOp.Unslice u ->
          v.varies(n.operand(1))
              ? rules.moves().unsliced(u, counted(v.rows(n.operand(0))), v.rows(n.operand(1)))
              : e.add(u, sum(n.operand(0)), v.one(n.operand(1)));
      case ReduceOp.Reduce r -> r.kind() == ReduceOp.Kind.SUM ? e.add(r, sum(n.operand(0))) : null;
      default -> null;
    };
  }

  /// The sum of one side over the rows that take it, plus that of the other.
  private @Nullable Value branch(Node n, Value x) {
    Value condition = n.operand(0);
    if (!v.varies(condition)) {
      return null;
    }
    int result = n.results().indexOf(x);
    n.blocks().forEach(v::know);
    Value yes = v.rows(condition);
    Value no = e.map(Primitive.NOT, yes);
    RowSums first = new RowSums(v, rules, and(yes), true);
    RowSums second = new RowSums(v, rules, and(no), true);
    return e.plus(
        first.sum(n.blocks().get(0).results().get(result)),
        second.sum(n.blocks().get(1).results().get(result)));
  }

  private Value and(Value condition) {
    return live == null ? condition : e.map(Primitive.AND, condition, live);
  }

  private Value product(Contract c, Value l, Value r) {
    if (!v.varies(l)) {
      return e.add(c, v.one(l), sum(r));
    }
    if (!v.varies(r)) {
      return e.add(c, sum(l), v.one(r));
    }
    Contract all =
        new Contract(
            RowRules.shifted(c.leftBatch()),
            RowRules.shifted(c.rightBatch()),
            RowRules.before(0, RowRules.shifted(c.leftContract())),
            RowRules.before(0, RowRules.shifted(c.rightContract())),
            c.accumulator());
    boolean left = l.type().size() <= r.type().size();
    Value a = v.rows(l);
    Value b = v.rows(r);
    return e.add(all, left || wild ? counted(a) : a, left && !wild ? b : counted(b));
  }

  private @Nullable Value elementwise(MapOp.Map m, Node n) {
    if (!(m.code().single() instanceof Primitive p) || !n.result().type().dtype().isFloat()) {
      return null;
    }
    return switch (p) {
      case ADD, SUB -> e.add(m, sum(n.operand(0)), sum(n.operand(1)));
      case NEG -> e.add(m, sum(n.operand(0)));
      default -> null;
    };
  }

  private Value scatter(MoveOp.ScatterAdd s, Value rows, Value at) {
    if (!v.varies(at)) {
      return e.add(s, sum(rows), v.one(at));
    }
    return e.add(s, counted(v.rows(rows)), v.rows(at));
  }
}
