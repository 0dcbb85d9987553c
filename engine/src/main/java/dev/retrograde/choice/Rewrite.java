package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Treatment.Coded;
import dev.retrograde.choice.Treatment.Compared;
import dev.retrograde.choice.Treatment.ForWeights;
import dev.retrograde.choice.Treatment.Invert;
import dev.retrograde.choice.Treatment.Keep;
import dev.retrograde.choice.Treatment.Remake;
import dev.retrograde.choice.coding.Bits;
import dev.retrograde.choice.coding.Code;
import dev.retrograde.choice.coding.Pooling;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
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
  private final Map<Value, Value> stands = new HashMap<>();
  private final Set<Value> used = new HashSet<>();
  private final Set<Node> inverted = new HashSet<>();
  private final Set<Value> solving = new HashSet<>();
  private final Codes codes;
  private int epoch;
  private int moment;
  private boolean opened;

  /// A value of backward that stands for a forward one.
  ///
  /// @param moment products of backward before it was made; -1 if it stays
  private record Made(Value value, int moment) {}

  private Rewrite(Program program, ByLayer policy) {
    this.program = program;
    this.policy = policy;
    forward = new Forward(program);
    regions = new Regions(forward, policy);
    treatments = new Treatments(forward, policy, regions);
    e = program.emitter();
    codes = new Codes(forward, e.ids());
    epoch = program.nodes().stream().mapToInt(n -> n.origin().epoch()).max().orElse(0);
  }

  /// Scans first, then single values.
  static Saved of(Program joint, ByLayer policy) {
    ScanCuts.Result cut = ScanCuts.run(joint, policy);
    Saved s = new Rewrite(cut.program(), policy).run();
    List<Residual> all = new ArrayList<>(cut.remade());
    all.addAll(s.residuals());
    return new Saved(s.program(), s.policy(), all);
  }

  private Saved run() {
    check();
    for (Node n : program.nodes()) {
      if (n.origin().phase() != Phase.FORWARD) {
        backward(n);
      }
    }
    Program out = codes.assemble(e.nodes(), stands);
    Saving plain = policy.selections().isEmpty() ? policy.otherwise() : policy;
    return new Saved(out, plain, new Account(forward, treatments, used, codes).residuals());
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
    // Blocks use what they capture as it is.
    Uses.captured(n).stream().filter(v -> forward.maker(v) != null).forEach(used::add);
    Signs signs = Signs.of(n, treatments::lossy);
    if (signs != null) {
      compareForward(n, signs);
    } else if (n.op() instanceof LinearOp.ConvFilterGrad g
        && treatments.of(n.operand(0)) instanceof ForWeights w
        && w.code() instanceof Pooling p) {
      average(n, g, p);
    } else {
      List<Value> operands = operands(n);
      n.operands().forEach(this::solve);
      e.nodes().add(operands.equals(n.operands()) ? n : with(n, n.op(), operands));
    }
    boolean product =
        n.op()
                .macs(
                    n.operands().stream().map(Value::type).toList(),
                    n.results().stream().map(Value::type).toList())
            > 0;
    moment += product ? 1 : 0;
  }

  /// Operands as backward has them; a gradient of weights reads what was kept for it.
  private List<Value> operands(Node n) {
    List<Value> out = new ArrayList<>();
    for (Value v : n.operands()) {
      Node maker = forward.maker(v);
      boolean coded =
          maker != null
              && n.op() instanceof LinearOp.Contract
              && treatments.of(v) instanceof ForWeights;
      out.add(
          coded
              ? decode(
                  v,
                  java.util.Objects.requireNonNull(maker),
                  ((ForWeights) treatments.of(v)).code())
              : get(v));
    }
    return out;
  }

  private static Node with(Node n, Op op, List<Value> operands) {
    return new Node(op, operands, n.results(), n.blocks(), n.origin());
  }

  private List<Value> all(List<Value> values) {
    List<Value> out = new ArrayList<>();
    for (Value v : values) {
      out.add(get(v));
    }
    return out;
  }

  /// Reads bits in place of values that it only compares.
  private void compareForward(Node n, Signs signs) {
    List<Value> operands = all(signs.remaining());
    boolean packed =
        signs.compared().stream()
            .noneMatch(v -> treatments.of(v) instanceof Compared c && !c.packed());
    List<Value> bits = codes.signs(signs, n.origin().path(), packed);
    for (Value kept : bits) {
      if (packed) {
        origin(n);
        Type type = n.result().type().with(DType.BOOL);
        operands.add(new Bits().decode(e, List.of(kept), type));
      } else {
        operands.add(kept);
      }
    }
    e.nodes().add(with(n, new MapOp.Map(signs.rest()), operands));
  }

  /// The filter gradient from averages, under the names of the one that it replaces.
  private void average(Node n, LinearOp.ConvFilterGrad g, Pooling code) {
    Value x = n.operand(0);
    Value dy = get(n.operand(1));
    Value z = codes.of(x, java.util.Objects.requireNonNull(forward.maker(x)), code).getFirst();
    e.origin(n.origin());
    Value dw = code.filterGrad(e, g, x.type(), z, dy);
    stands.put(n.result(), dw);
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
      return stands.getOrDefault(v, v);
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
      case ForWeights _, Compared _ -> remake(v, n, Forward.light(n));
      case Coded c -> decode(v, n, c.code());
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

  private Value decode(Value v, Node n, Code code) {
    List<Value> kept = codes.of(v, n, code);
    origin(n);
    Value x = code.decode(e, kept, v.type());
    made.put(v, new Made(x, moment));
    return x;
  }

  private Value invert(Value v, Node couple) {
    if (!solving.add(v)) {
      // What it is to be solved from is computed from it: there is no way but to keep it.
      used.add(v);
      return v;
    }
    Value y = get(couple.result());
    Value f = get(couple.operand(1));
    solving.remove(v);
    if (used.contains(v)) {
      made.put(v, new Made(v, -1));
      return v;
    }
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
