package dev.retrograde.interp;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// What a program's nodes need to run by callbacks, found once a node: what each reads, and its
/// derivative.
final class Rules {
  private final Program program;
  private final Emit emit;
  private final Map<Node, Set<Value>> reads = new HashMap<>();
  private final Map<Rule.Key, Rule> rules = new HashMap<>();
  private final Map<Node, Block> references = new HashMap<>();

  Rules(Program program) {
    this.program = program;
    emit = program.emitter();
  }

  Program program() {
    return program;
  }

  Set<Value> reads(Node n) {
    return reads.computeIfAbsent(n, Uses::all);
  }

  /// What a kernel without a reverse rule means: callbacks go through that.
  Block reference(Node n, KernelOp.Kernel k) {
    return references.computeIfAbsent(
        n, x -> k.reference(x.operands().stream().map(Value::type).toList()));
  }

  Rule of(Rule.Key key) {
    return rules.computeIfAbsent(key, k -> Rule.of(emit.nested(), k));
  }
}
