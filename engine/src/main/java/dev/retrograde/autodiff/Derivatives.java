package dev.retrograde.autodiff;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is made of forward and reverse mode: Jacobians, Hessian-vector products, second derivatives
/// along a direction.
///
/// All of them take the nodes of the function, in order and already emitted to `e`, and append to
/// `e`.
public final class Derivatives {
  private Derivatives() {}

  /// The Jacobian of y in x, `[y..., x...]`, zero where y does not depend on x.
  ///
  /// One pass for each element of the smaller of the two, so the program grows with it: by forward
  /// mode where x has fewer elements, else by reverse mode. Both shapes are static.
  public static Value jacobian(Emit e, List<Node> nodes, Value y, Value x) {
    if (y.type().ragged() || x.type().ragged()) {
      throw new IllegalArgumentException(
          "a Jacobian is of static shapes, found " + y.type() + " in " + x.type());
    }
    List<Node> of = List.copyOf(nodes);
    List<Extent> shape = new ArrayList<>(y.type().extents());
    shape.addAll(x.type().extents());
    int rows = Math.toIntExact(y.type().size());
    int columns = Math.toIntExact(x.type().size());
    if (rows == 0 || columns == 0) {
      return e.zeros(y.type().with(shape));
    }
    boolean forward = columns <= rows;
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < Math.min(rows, columns); i++) {
      Value from = forward ? x : y;
      Value to = forward ? y : x;
      Value seed = e.literal(unit(from.type(), i));
      Map<Value, Value> found =
          forward
              ? Forward.pushforward(e, of, Map.of(x, seed))
              : Reverse.pullback(e, of, Map.of(y, seed), List.of(x));
      Value part = found.get(to);
      part = part == null ? e.zeros(to.type()) : part;
      parts.add(forward ? e.reshape(part, rows, 1) : e.reshape(part, 1, columns));
    }
    Value[] all = parts.toArray(Value[]::new);
    Value matrix = all.length == 1 ? all[0] : e.add(new MoveOp.Concat(forward ? 1 : 0), all);
    return e.reshape(matrix, shape);
  }

  private static HostTensor unit(Type t, int at) {
    return HostTensor.fill(t, i -> i == at ? 1 : 0);
  }

  /// The Hessian of a scalar loss in x times a direction v of x's type: forward mode over reverse
  /// mode, about the cost of four evaluations.
  public static Value hessianVector(Emit e, List<Node> nodes, Value loss, Value x, Value v) {
    if (loss.type().rank() != 0) {
      throw new IllegalArgumentException("a loss is a scalar, found " + loss.type());
    }
    List<Node> before = List.copyOf(e.nodes());
    Value one = e.fill(loss.type(), 1);
    Value gradient = Reverse.pullback(e, nodes, Map.of(loss, one), List.of(x)).get(x);
    // Reverse mode splits branches and loops: the nodes of the function are not the same ones now.
    List<Node> all = new ArrayList<>(e.current(nodes));
    all.addAll(e.nodes().subList(e.current(before).size(), e.nodes().size()));
    Value product = gradient == null ? null : tangent(e, all, gradient, x, v);
    return product == null ? e.zeros(x.type()) : product;
  }

  /// A value with its first and second derivatives along a direction of x.
  public record Jet(Value value, Value first, Value second) {}

  /// The derivatives of z along the direction v of x: z, d/dt z(x + t v), d²/dt² z(x + t v). With
  /// ones for v and z made row by row, these are z, z_x and z_xx of every row at once.
  public static Jet jet(Emit e, List<Node> nodes, Value z, Value x, Value v) {
    List<Node> all = new ArrayList<>(nodes);
    int mark = e.nodes().size();
    Value first = tangent(e, all, z, x, v);
    all.addAll(e.nodes().subList(mark, e.nodes().size()));
    Value second = first == null ? null : tangent(e, all, first, x, v);
    return new Jet(
        z, first == null ? e.zeros(z.type()) : first, second == null ? e.zeros(z.type()) : second);
  }

  private static @Nullable Value tangent(Emit e, List<Node> nodes, Value of, Value x, Value v) {
    return Forward.pushforward(e, nodes, Map.of(x, v)).get(of);
  }
}
