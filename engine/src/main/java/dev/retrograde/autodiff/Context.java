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
  private final Set<Node> cuts;
  private final boolean framed;

  /// @param roots the values whose cotangents the whole differentiation wants
  Context(Emit e, Reverse.Options options, List<Value> roots) {
    this.options = options;
    this.roots = List.copyOf(roots);
    this.captures = new Captures(e.functions());
    this.calls = new Calls(this, e);
    this.cuts = new HashSet<>();
    this.framed = true;
  }

  private Context(Context around) {
    options = Reverse.Options.STRICT;
    roots = around.roots;
    captures = around.captures;
    calls = around.calls;
    cuts = around.cuts;
    framed = false;
  }

  /// The same for what a tree's node computes: branches leave no frames, and nothing is deferred
  /// but by the tree itself.
  Context ofNode() {
    return framed ? new Context(this) : this;
  }

  /// Whether branches keep what backward reads in frames; else backward computes it again.
  boolean framed() {
    return framed;
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

  void cut(Node n) {
    cuts.add(n);
  }

  boolean isCut(Node n) {
    return cuts.contains(n);
  }
}
