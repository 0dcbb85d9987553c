package dev.retrograde.autodiff;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reverse mode: from the cotangent of results to the cotangents of chosen values, by walking the
/// nodes backwards and asking each op for its `vjp`.
///
/// Branches, loops and calls are split into a forward and a backward part: the former are put in
/// the place of the nodes that they extend, so the emitter's nodes are not the given ones
/// afterwards ([Emit#current]).
public final class Reverse {
  private Reverse() {}

  /// How reverse mode builds the backward part.
  ///
  /// @param deferred whether the gradient of a matrix that a loop or a function only multiplies
  ///   with is formed as one product after all trips, instead of adding a product at each. That
  ///   adds the terms in another order
  public record Options(boolean deferred) {
    /// Deferred.
    public static final Options DEFAULT = new Options(true);

    /// In the order of the program.
    public static final Options STRICT = new Options(false);
  }

  /// Appends the backward pass to `e`.
  ///
  /// @param nodes the forward nodes, in order
  /// @param seeds cotangents of results
  /// @param wrt values whose cotangents are wanted
  /// @return the cotangents; values that none reaches are absent
  public static Map<Value, Value> pullback(
      Emit e, List<Node> nodes, Map<Value, Value> seeds, List<Value> wrt) {
    return pullback(e, nodes, seeds, wrt, Options.DEFAULT);
  }

  /// The same with options.
  public static Map<Value, Value> pullback(
      Emit e, List<Node> nodes, Map<Value, Value> seeds, List<Value> wrt, Options options) {
    Context c = new Context(e, options, wrt);
    return walk(c, e, e.current(nodes), seeds, wrt);
  }

  private static Map<Value, Value> walk(
      Context c, Emit e, List<Node> nodes, Map<Value, Value> seeds, List<Value> wrt) {
    Walk w = new Walk(c, e, e, nodes, wrt, Set.of());
    seeds.forEach(w::add);
    return w.run();
  }

  /// Gradients of a scalar loss with respect to named values; each must have one.
  ///
  /// @throws NoGradientException naming the op that cut the path of a value without a gradient
  public static Map<String, Value> gradients(
      Emit e, List<Node> nodes, Value loss, Map<String, Value> wrt) {
    return gradients(e, nodes, loss, wrt, Options.DEFAULT);
  }

  /// The same with options.
  public static Map<String, Value> gradients(
      Emit e, List<Node> nodes, Value loss, Map<String, Value> wrt, Options options) {
    if (loss.type().rank() != 0 || !loss.type().dtype().isFloat()) {
      throw new IllegalArgumentException(
          "a loss is a scalar of a floating type, found " + loss.type() + "; take its mean or sum");
    }
    Origin before = e.origin();
    e.origin(new Origin("loss", before.line(), Origin.Phase.BACKWARD, 0));
    Value one = e.fill(loss.type(), 1);
    List<Value> values = List.copyOf(wrt.values());
    Context c = new Context(e, options, values);
    List<Node> forward = e.current(nodes);
    Map<Value, Value> found = walk(c, e, forward, Map.of(loss, one), values);
    Map<String, Value> out = new LinkedHashMap<>();
    wrt.forEach((name, v) -> {
      Value g = found.get(v);
      if (g == null) {
        throw new NoGradientException(new Paths(c).explain(forward, List.of(loss), name, v));
      }
      out.put(name, g);
    });
    e.origin(before);
    return out;
  }
}
