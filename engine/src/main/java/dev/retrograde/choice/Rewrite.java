package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Treatment.Invert;
import dev.retrograde.choice.Treatment.Keep;
import dev.retrograde.choice.Treatment.Remake;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Carries a policy out: walks the backward part and, right before each node, makes what it reads
/// of the forward part and what was not kept.
///
/// Each place has an epoch of its own, which clones carry, so that merging equal nodes cannot undo
/// the rewrite. A light value is made again at each place that needs it, but serves places close
/// by; a heavy one is made once.
final class Rewrite {
  /// Products of backward after which a light value is made afresh.
  private static final int NEAR = 1;

  private final Program program;
  private final ByLayer policy;
  private final Forward forward;
  private final Regions regions;
  private final Treatments treatments;
  private final Emit e;
  private final Map<Value, Made> made = new HashMap<>();
  private final Set<Value> used = new HashSet<>();
  private final Set<Node> inverted = new HashSet<>();
  private int epoch;
  private int moment;
  private boolean opened;

  /// A value of backward that stands for a forward one.
  ///
  /// @param moment products of backward before it was made; -1 if it stays
  private record Made(Value value, int moment) {}

  Rewrite(Program program, ByLayer policy) {
    this.program = program;
    this.policy = policy;
    forward = new Forward(program);
    regions = new Regions(forward, policy);
    treatments = new Treatments(forward, policy, regions);
    e = program.emitter();
    epoch = program.nodes().stream().mapToInt(n -> n.origin().epoch()).max().orElse(0);
  }

  Saved run() {
    check();
    for (Node n : program.nodes()) {
      if (n.origin().phase() == Phase.FORWARD) {
        e.nodes().add(n);
      } else {
        backward(n);
      }
    }
    Program out = program.with(e.nodes());
    Saving plain = policy.selections().isEmpty() ? policy.otherwise() : policy;
    return new Saved(out, plain, new Account(forward, policy, treatments, used).residuals());
  }

  private void check() {
    boolean asked =
        policy.otherwise() instanceof Saving.Reversible
            || policy.selections().stream().anyMatch(s -> s.saving() instanceof Saving.Reversible);
    if (asked && !regions.invertible()) {
      throw new SavingException(
          "reversible: no layer that it covers declares an inverse; build stages with"
              + " reversible(...), or take a model such as revnet38");
    }
  }

  private void backward(Node n) {
    opened = false;
    List<Value> operands = new ArrayList<>();
    for (Value v : n.operands()) {
      operands.add(get(v));
    }
    n.operands().forEach(this::solve);
    e.nodes()
        .add(
            operands.equals(n.operands())
                ? n
                : new Node(n.op(), operands, n.results(), n.blocks(), n.origin()));
    boolean product =
        n.op()
                .macs(
                    n.operands().stream().map(Value::type).toList(),
                    n.results().stream().map(Value::type).toList())
            > 0;
    moment += product ? 1 : 0;
  }

  /// Once backward is inside a coupling's residual function, solves for the coupling's input at
  /// once: the output that it is solved from then dies early.
  private void solve(Value v) {
    Node n = forward.maker(v);
    Node couple = n == null ? null : regions.branchOf(n);
    if (couple != null
        && treatments.of(couple.operand(0)) instanceof Invert
        && inverted.add(couple)) {
      get(couple.operand(0));
    }
  }

  /// What backward has for a forward value at this place.
  private Value get(Value v) {
    Node n = forward.maker(v);
    if (n == null) {
      return v;
    }
    if (treatments.of(v) instanceof Keep) {
      used.add(v);
      return v;
    }
    Made m = made.get(v);
    if (m != null && (m.moment < 0 || moment - m.moment <= NEAR)) {
      return m.value;
    }
    return switch (treatments.of(v)) {
      case Keep _ -> v;
      case Invert i -> invert(v, i.couple());
      case Remake r -> remake(v, n, r.light());
    };
  }

  private Value remake(Value v, Node n, boolean light) {
    List<Value> operands = n.operands().stream().map(this::get).toList();
    if (Forward.view(n) && operands.equals(n.operands())) {
      return v;
    }
    origin(n);
    List<Value> results = e.clone(n, operands);
    for (int i = 0; i < results.size(); i++) {
      made.put(n.results().get(i), new Made(results.get(i), light ? moment : -1));
    }
    return results.get(n.results().indexOf(v));
  }

  private Value invert(Value v, Node couple) {
    Value y = get(couple.result());
    Value f = get(couple.operand(1));
    origin(couple);
    Value x = ((MapOp.Couple) couple.op()).inverse(e, y, f);
    made.put(v, new Made(x, -1));
    return x;
  }

  private void origin(Node n) {
    if (!opened) {
      opened = true;
      epoch++;
    }
    Origin o = n.origin();
    e.origin(new Origin(o.path(), o.line(), Phase.BACKWARD, epoch));
  }
}
