package dev.retrograde.choice;

import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RandomOp;
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

/// The forward part of a joint program as policies look at it: who makes a value, who reads it
/// forward and backward, in which block of layers it lies.
final class Forward {
  private final Program program;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Value, Node> maker = new HashMap<>();
  private final Map<Value, List<Node>> forwardReaders = new HashMap<>();
  private final Map<Value, List<Node>> backwardReaders = new LinkedHashMap<>();
  private final Set<Value> results;
  private final @Nullable Node classifier;
  private final Set<Value> behindClassifier = new HashSet<>();
  private final Set<Value> compared = new HashSet<>();

  Forward(Program program) {
    this.program = program;
    Node last = null;
    for (Node n : program.nodes()) {
      boolean forward = n.origin().phase() == Phase.FORWARD;
      if (forward) {
        nodes.add(n);
        n.results().forEach(v -> maker.put(v, n));
        last = n.op().macs(types(n.operands()), types(n.results())) > 0 ? n : last;
      }
      Map<Value, List<Node>> readers = forward ? forwardReaders : backwardReaders;
      for (Value v : Uses.all(n)) {
        if (maker.containsKey(v)) {
          readers.computeIfAbsent(v, x -> new ArrayList<>()).add(n);
        }
      }
    }
    classifier = last;
    if (last != null) {
      nodes
          .subList(nodes.indexOf(last), nodes.size())
          .forEach(n -> behindClassifier.addAll(n.results()));
    }
    compare();
    results = new HashSet<>(program.results());
  }

  /// Gathers what backward compares with something else than a constant, itself or as a view.
  private void compare() {
    Map<Value, Value> shown = new HashMap<>();
    for (Node n : program.nodes()) {
      if (view(n)) {
        shown.put(n.result(), shown.getOrDefault(n.operand(0), n.operand(0)));
      }
      if (n.origin().phase() != Phase.FORWARD && n.op() instanceof MapOp.Map map) {
        for (int i : Signs.comparedWithOthers(map.code())) {
          compared.add(shown.getOrDefault(n.operand(i), n.operand(i)));
          compared.add(n.operand(i));
        }
      }
    }
  }

  private static List<dev.retrograde.ir.Type> types(List<Value> values) {
    return values.stream().map(Value::type).toList();
  }

  Program program() {
    return program;
  }

  /// In order.
  List<Node> nodes() {
    return nodes;
  }

  /// The forward node that makes a value; null for inputs, state and what backward makes.
  @Nullable Node maker(Value v) {
    return maker.get(v);
  }

  /// Nodes of backward and update that read a forward value.
  List<Node> backwardReaders(Value v) {
    return backwardReaders.getOrDefault(v, List.of());
  }

  List<Node> forwardReaders(Value v) {
    return forwardReaders.getOrDefault(v, List.of());
  }

  /// Whether backward reads it: whether it is a residual.
  boolean residual(Value v) {
    return backwardReaders.containsKey(v);
  }

  /// Whether backward reads it through a view.
  boolean residualAsView(Value v) {
    return forwardReaders(v).stream()
        .filter(Forward::view)
        .flatMap(r -> r.results().stream())
        .anyMatch(shown -> residual(shown) || residualAsView(shown));
  }

  /// Whether it leaves the program.
  boolean result(Value v) {
    return results.contains(v);
  }

  /// Whether it enters the last product of the forward part, directly or as another view.
  boolean classifierInput(Value v) {
    for (Node r : forwardReaders(v)) {
      if (r == classifier || (view(r) && classifierInput(r.result()))) {
        return true;
      }
    }
    return false;
  }

  /// Whether it is made by the last product or behind it: logits, and what the loss makes of them.
  /// Maps behind a last convolution are not meant.
  boolean behindClassifier(Value v) {
    return v.type().rank() <= 2 && behindClassifier.contains(v);
  }

  /// Whether backward compares it with another value, so that it must be what it was: a maximum
  /// sends its cotangent to the elements that equal it.
  boolean compared(Value v) {
    return compared.contains(v);
  }

  /// Whether a node is only another way to see its operand.
  static boolean view(Node n) {
    return n.op() instanceof MoveOp.Reshape
        || n.op() instanceof MoveOp.Transpose
        || n.op() instanceof MoveOp.Broadcast
        || n.op() instanceof MoveOp.Slice
        || n.op() instanceof MapOp.StopGradient;
  }

  /// Whether a node costs about one pass over memory, so that computing it again is cheap.
  static boolean light(Node n) {
    return n.op() instanceof MapOp
        || n.op() instanceof RandomOp
        || n.op() instanceof MoveOp.Pad
        || constant(n)
        || view(n);
  }

  /// Whether a node needs nothing from memory.
  static boolean constant(Node n) {
    return n.op() instanceof MoveOp.Fill
        || n.op() instanceof MoveOp.Iota
        || n.op() instanceof MoveOp.Literal;
  }

  /// The part of a path up to its deepest segment that begins with `block`; null if it has none.
  static @Nullable String block(String path) {
    String[] parts = path.split("/");
    for (int i = parts.length - 1; i >= 0; i--) {
      if (parts[i].startsWith("block")) {
        return String.join("/", List.of(parts).subList(0, i + 1));
      }
    }
    return null;
  }
}
