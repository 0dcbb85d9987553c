package dev.retrograde.autodiff;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What the walks of one differentiation share: its options, what functions use, the nodes that
/// gave no cotangent where one was wanted.
final class Context {
  private final Reverse.Options options;
  private final List<Value> roots;
  private final Captures captures;
  private final Calls calls;
  private final Ledgers ledgers = new Ledgers(this);
  private final Set<Node> cuts = new HashSet<>();
  private final Set<Node> again = new HashSet<>();

  /// @param roots the values whose cotangents the whole differentiation wants
  Context(Emit e, Reverse.Options options, List<Value> roots) {
    this.options = options;
    this.roots = List.copyOf(roots);
    this.captures = new Captures(e.functions());
    this.calls = new Calls(this, e);
  }

  Reverse.Options options() {
    return options;
  }

  List<Value> roots() {
    return roots;
  }

  Captures captures() {
    return captures;
  }

  Calls calls() {
    return calls;
  }

  Ledgers ledgers() {
    return ledgers;
  }

  /// From now on backward runs the body of this scan again.
  void runAgain(Node n) {
    again.add(n);
  }

  boolean again(Node n) {
    return again.contains(n);
  }

  void cut(Node n) {
    cuts.add(n);
  }

  boolean isCut(Node n) {
    return cuts.contains(n);
  }
}
