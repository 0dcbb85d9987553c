package dev.retrograde.autodiff;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reverse mode: from the cotangent of results to the cotangents of chosen values, by walking the
/// nodes backwards and asking each op for its `vjp`.
public final class Reverse {
  private Reverse() {}

  /// Appends the backward pass to `e`.
  ///
  /// @param nodes the forward nodes, in order
  /// @param seeds cotangents of results
  /// @param wrt values whose cotangents are wanted
  /// @return the cotangents; values that none reaches are absent
  public static Map<Value, Value> pullback(
      Emit e, List<Node> nodes, Map<Value, Value> seeds, List<Value> wrt) {
    return new Walk(e, nodes, seeds, wrt).run();
  }

  /// Gradients of a scalar loss with respect to named values; each must have one.
  ///
  /// @throws NoGradientException naming the op that cut the path of a value without a gradient
  public static Map<String, Value> gradients(
      Emit e, List<Node> nodes, Value loss, Map<String, Value> wrt) {
    if (loss.type().rank() != 0 || !loss.type().dtype().isFloat()) {
      throw new IllegalArgumentException(
          "a loss is a scalar of a floating type, found " + loss.type() + "; take its mean or sum");
    }
    Origin before = e.origin();
    e.origin(new Origin("loss", before.line(), Origin.Phase.BACKWARD, 0));
    Value one = e.fill(loss.type(), 1);
    Walk walk = new Walk(e, nodes, Map.of(loss, one), List.copyOf(wrt.values()));
    Map<Value, Value> found = walk.run();
    Map<String, Value> out = new LinkedHashMap<>();
    for (Map.Entry<String, Value> w : wrt.entrySet()) {
      Value g = found.get(w.getValue());
      if (g == null) {
        throw new NoGradientException(walk.explain(w.getKey(), w.getValue()));
      }
      out.put(w.getKey(), g);
    }
    e.origin(before);
    return out;
  }

  private static final class Walk {
    private final Emit e;
    private final List<Node> nodes;
    private final Map<Value, Value> cot = new HashMap<>();
    private final Set<Value> active = new HashSet<>();
    private final List<Value> wrt;
    private final Set<Value> seeded;
    private final List<Node> cuts = new ArrayList<>();

    Walk(Emit e, List<Node> nodes, Map<Value, Value> seeds, List<Value> wrt) {
      this.e = e;
      this.nodes = List.copyOf(nodes);
      this.wrt = wrt;
      this.seeded = seeds.keySet();
      cot.putAll(seeds);
    }

    Map<Value, Value> run() {
      active.addAll(wrt);
      for (Node n : nodes) {
        if (!(n.op() instanceof MapOp.StopGradient)
            && (n.operands().stream().anyMatch(active::contains) || !captured(n).isEmpty())) {
          n.results().stream().filter(r -> r.type().dtype().isFloat()).forEach(active::add);
        }
      }
      Origin before = e.origin();
      for (int i = nodes.size() - 1; i >= 0; i--) {
        Node n = nodes.get(i);
        if (n.results().stream().anyMatch(cot::containsKey)) {
          back(n);
        }
      }
      e.origin(before);
      Map<Value, Value> out = new HashMap<>();
      for (Value w : wrt) {
        Value c = cot.get(w);
        if (c != null) {
          out.put(w, c);
        }
      }
      return out;
    }

    private void back(Node n) {
      List<Boolean> wanted = n.operands().stream().map(active::contains).toList();
      List<Value> captured = captured(n);
      if (!wanted.contains(true) && captured.isEmpty()) {
        return;
      }
      e.origin(n.origin().with(Origin.Phase.BACKWARD));
      List<@Nullable Value> in = new ArrayList<>();
      n.results().forEach(r -> in.add(cot.get(r)));
      if (n.op() instanceof ControlOp.If) {
        Map<Value, Value> found = Branches.vjp(e, n, in, captured);
        found.forEach(this::accumulate);
        if (found.size() < captured.size()) {
          cuts.add(n);
        }
        return;
      }
      if (n.op() instanceof ControlOp.Region r && !captured.isEmpty()) {
        throw new NoGradientException(
            "region '"
                + r.rule()
                + "' of "
                + n.origin()
                + " uses "
                + captured
                + " without taking it as an argument, so its rule gives it no cotangent; pass it"
                + " as an argument, or stop its gradient");
      }
      List<@Nullable Value> back = n.op().vjp(e, n, in, wanted);
      for (int k = 0; k < n.operands().size(); k++) {
        Value x = n.operand(k);
        Value c = back.get(k);
        if (!wanted.get(k)) {
          continue;
        }
        if (c == null) {
          cuts.add(n);
          continue;
        }
        if (!c.type().equals(x.type())) {
          throw new AssertionError(n + ": the cotangent of " + x.type() + " is " + c.type());
        }
        accumulate(x, c);
      }
    }

    private void accumulate(Value x, Value c) {
      Value sum = cot.get(x);
      cot.put(x, sum == null ? c : e.plus(sum, c));
    }

    /// Values that need a cotangent and that blocks of a node use without taking them as operands.
    private List<Value> captured(Node n) {
      return n.blocks().isEmpty()
          ? List.of()
          : used(n).stream().filter(v -> active.contains(v) && v.type().dtype().isFloat()).toList();
    }

    /// The rule of a region may use what it likes: no gradient flows through a rule.
    private static List<Value> used(Node n) {
      return n.op() instanceof ControlOp.Region
          ? Uses.captured(n.blocks().get(0))
          : Uses.captured(n);
    }

    /// Values that the seeded results depend on, so that a metric beside the loss is not blamed.
    private Set<Value> towardsSeeds() {
      Set<Value> out = new HashSet<>(seeded);
      for (Node n : nodes.reversed()) {
        if (n.results().stream().anyMatch(out::contains)) {
          out.addAll(Uses.all(n));
        }
      }
      return out;
    }

    String explain(String name, Value v) {
      Set<Value> from = new HashSet<>();
      from.add(v);
      Set<Value> towards = towardsSeeds();
      for (Node n : nodes) {
        if (n.results().stream().anyMatch(towards::contains)
            && Uses.all(n).stream().anyMatch(from::contains)) {
          if (cuts.contains(n)
              || n.op() instanceof MapOp.StopGradient
              || n.results().stream().noneMatch(r -> r.type().dtype().isFloat())) {
            return "'"
                + name
                + "' has no gradient: "
                + n.op().name()
                + " '"
                + n.origin()
                + "' cut the path from it to the loss; make it not trainable, or give that op a rule";
          }
          from.addAll(n.results());
        }
      }
      return "'"
          + name
          + "' has no gradient: the loss does not depend on it; "
          + "remove the layer, or make it not trainable";
    }
  }
}
