package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Treatment.Coded;
import dev.retrograde.choice.Treatment.Compared;
import dev.retrograde.choice.Treatment.ForWeights;
import dev.retrograde.choice.Treatment.Invert;
import dev.retrograde.choice.Treatment.Keep;
import dev.retrograde.choice.Treatment.Remake;
import dev.retrograde.choice.coding.Bits;
import dev.retrograde.choice.coding.BlockSparse;
import dev.retrograde.choice.coding.Code;
import dev.retrograde.choice.coding.Pooling;
import dev.retrograde.choice.coding.Quantising;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides for every forward value how backward gets it.
///
/// Values are visited in the order in which they are made, so that what a value could be computed
/// again from is decided before it.
final class Treatments {
  /// Kept tensors that one value may be computed again from; more, and it is kept itself. Links of
  /// a residual chain add one each.
  private static final int MOST_LEAVES = 4;

  /// The same where those are kept with a loss, so that errors do not add up.
  private static final int MOST_CODED_LEAVES = 2;

  /// Pixels of a map up to which there is little to gain.
  private static final int SMALL_MAP = 16;

  /// Elements below which a value is not worth a thought.
  private static final int SMALL = 64;

  private static final Treatment KEEP = new Keep();
  private static final Treatment LIGHT = new Remake(true);
  private static final Treatment HEAVY = new Remake(false);

  private final Forward forward;
  private final ByLayer policy;
  private final Regions regions;
  private final Map<Value, Treatment> of = new HashMap<>();
  private final Map<Value, String> reasons = new HashMap<>();
  private final Set<Value> there = new LinkedHashSet<>();
  private final Set<Value> lossy = new HashSet<>();

  Treatments(Forward forward, ByLayer policy, Regions regions) {
    this.forward = forward;
    this.policy = policy;
    this.regions = regions;
    for (Node n : forward.nodes()) {
      n.results().forEach(v -> decide(n, v));
    }
  }

  Treatment of(Value v) {
    return of.getOrDefault(v, KEEP);
  }

  /// Why a value is treated as it is.
  String reason(Value v) {
    return reasons.getOrDefault(v, "kept under store");
  }

  /// Whether backward has the value with an error, so that comparisons of it are to be kept from
  /// forward.
  boolean lossy(Value v) {
    return lossy.contains(v);
  }

  private void put(Value v, Treatment t, String reason) {
    of.put(v, t);
    reasons.put(v, reason);
    if (t instanceof Keep) {
      there.add(v);
    }
  }

  private void decide(Node n, Value v) {
    if (Forward.constant(n)) {
      put(v, KEEP, "a constant");
    } else if (Forward.view(n)) {
      put(v, LIGHT, "a view");
    } else if (!n.pure()) {
      put(v, KEEP, "runs once: it does more than compute");
    } else if (v.type().ragged() || captured(v)) {
      put(v, KEEP, "used inside control flow of the backward pass");
    } else if (small(v) && !(extreme(n) && regions.of(n) != null)) {
      small(n, v);
    } else if (regions.of(n) != null) {
      region(n, v, java.util.Objects.requireNonNull(regions.of(n)));
    } else {
      outside(n, v);
    }
  }

  /// Sums and what is made of them directly, such as means and variances, are kept: two vectors a
  /// batch norm. What a part that is computed again makes of those is made again too.
  private void small(Node n, Value v) {
    String region = regions.of(n);
    boolean again =
        region != null
            && n.op() instanceof MapOp.Map
            && n.operands().stream().noneMatch(this::sum)
            && !regions.leaves(v, region);
    put(v, again ? LIGHT : KEEP, again ? "inside a part that is computed again" : "small");
  }

  private boolean sum(Value v) {
    Node n = forward.maker(v);
    return n != null && n.op() instanceof ReduceOp;
  }

  private static boolean small(Value v) {
    return v.type().rank() <= 1 || v.type().size() < SMALL;
  }

  /// Whether backward looks for elements that equal the result: it is computed again with them, or
  /// it would equal none where they are rebuilt with roundings.
  private static boolean extreme(Node n) {
    return n.op() instanceof ReduceOp.Reduce r
        && (r.kind() == ReduceOp.Kind.MAX || r.kind() == ReduceOp.Kind.MIN);
  }

  /// Whether backward uses the value other than as an operand.
  private boolean captured(Value v) {
    return forward.backwardReaders(v).stream().anyMatch(r -> !r.operands().contains(v));
  }

  private void region(Node n, Value v, String region) {
    if (!regions.leaves(v, region)) {
      put(v, Forward.light(n) ? LIGHT : HEAVY, "inside a part that is computed again");
      return;
    }
    Node couple = regions.coupleOf(v);
    if (couple != null) {
      put(v, new Invert(couple), "solved from the output of " + couple.origin().path());
    } else {
      put(v, KEEP, "leaves a part that is computed again");
    }
  }

  private void outside(Node n, Value v) {
    switch (policy.of(n.origin().path())) {
      case Saving.Store _, Saving.Recompute _, Saving.ByLayer _, Saving.Budget _ -> {
        if (!comparedOnly(v, false)) {
          put(v, KEEP, "kept under store");
        }
      }
      case Saving.Exact _, Saving.Reversible _, Saving.Segments _ -> compressed(n, v, Lossy.NONE);
      case Saving.Pooled p -> compressed(n, v, new Lossy(pooling(p.p()), null));
      case Saving.PooledQuantized p ->
          compressed(n, v, new Lossy(pooling(p.p()), new Quantising(8)));
      case Saving.PooledAll p -> compressed(n, v, new Lossy(pooling(p.p()), pooling(p.p())));
      case Saving.Quantized q -> compressed(n, v, new Lossy(null, new Quantising(q.bits())));
      case Saving.BlockSparse b -> {
        Code code = b.sparsity() == 0 ? null : new BlockSparse(b.block(), b.sparsity());
        compressed(n, v, new Lossy(code, null));
      }
    }
  }

  /// Blocks of one pixel lose nothing and are no code.
  private static @Nullable Code pooling(int p) {
    return p == 1 ? null : new Pooling(p);
  }

  /// Which losses a policy accepts.
  ///
  /// @param weights code of what gradients of weights read; null for none
  /// @param code of what would otherwise be kept whole; null for none
  private record Lossy(@Nullable Code weights, @Nullable Code code) {
    static final Lossy NONE = new Lossy(null, null);
  }

  private void compressed(Node n, Value v, Lossy how) {
    if (!forward.residual(v)) {
      // Not kept; computed again where another value is computed again from it.
      of.put(v, Forward.light(n) ? LIGHT : KEEP);
      return;
    }
    if (v.type().dtype() == DType.BOOL) {
      put(v, new Coded(new Bits()), "truth values are single bits");
      return;
    }
    String spared = spared(v);
    Set<Value> leaves = new LinkedHashSet<>();
    boolean possible =
        Forward.light(n)
            && n.operands().stream().allMatch(o -> leaves(o, leaves))
            && !(forward.compared(v) && leaves.stream().anyMatch(lossy::contains));
    if (!possible && comparedOnly(v, true)) {
      return;
    }
    if (spared == null && how.weights != null && forWeights(v, how.weights, possible, leaves)) {
      return;
    }
    Code code = how.code == null || spared != null ? null : how.code;
    if (possible && leaves.size() <= (code == null ? MOST_LEAVES : MOST_CODED_LEAVES)) {
      put(v, LIGHT, "computed again from " + names(leaves));
      if (leaves.stream().anyMatch(lossy::contains)) {
        lossy.add(v);
      }
    } else if (code != null && code.refuses(v.type()) == null) {
      put(v, new Coded(code), possible ? anchor(leaves) : "nothing else that is kept gives it");
      lossy.add(v);
      there.add(v);
    } else {
      put(v, KEEP, spared != null && how != Lossy.NONE ? spared : kept(n, possible, leaves));
    }
  }

  /// Whether a node reads no more of a value than how it compares with constants.
  private static boolean compares(Node r, Value v) {
    Signs parts = Signs.of(r, v::equals);
    return parts != null && parts.frees(v);
  }

  /// Keeps only outcomes of comparisons where backward reads no more than them, as of a relu whose
  /// result no product takes.
  private boolean comparedOnly(Value v, boolean packed) {
    boolean only =
        forward.residual(v)
            && !forward.residualAsView(v)
            && v.type().dtype().isFloat()
            && forward.backwardReaders(v).stream().allMatch(r -> compares(r, v));
    if (only) {
      put(v, new Compared(packed), "backward compares the value and reads no more of it");
      lossy.add(v);
    }
    return only;
  }

  private static String kept(Node n, boolean possible, Set<Value> leaves) {
    return n.op() instanceof ControlOp
        ? "a loop leaves it"
        : !Forward.light(n)
            ? "a product, too dear to compute again"
            : possible ? anchor(leaves) : "nothing else that is kept gives it";
  }

  private static String anchor(Set<Value> leaves) {
    return "an anchor: it would be computed again from " + leaves.size() + " tensors";
  }

  /// Why a value is not worth or not fit for losing anything; null if it is.
  private @Nullable String spared(Value v) {
    if (!v.type().dtype().isFloat()) {
      return "not a number to be rounded";
    }
    if (forward.classifierInput(v) || forward.behindClassifier(v)) {
      return "small and near the loss";
    }
    if (forward.compared(v)) {
      return "backward compares it with another value";
    }
    if (v.type().rank() == 4 && v.type().dim(1) * v.type().dim(2) <= SMALL_MAP) {
      return "a map of at most " + SMALL_MAP + " pixels";
    }
    return null;
  }

  /// Keeps a code for the gradients of weights that read a value, if its other readers need no more
  /// than can be had otherwise.
  ///
  /// @param possible whether the value can be computed again, from these leaves
  private boolean forWeights(Value v, Code code, boolean possible, Set<Value> leaves) {
    boolean any = false;
    boolean others = false;
    boolean signs = true;
    for (Node r : forward.backwardReaders(v)) {
      if (weightGradient(r, v)) {
        if (refusal(code, r, v) != null) {
          return false;
        }
        any = true;
      } else {
        others = true;
        signs &= compares(r, v);
      }
    }
    if (!any || forward.residualAsView(v)) {
      return false;
    }
    boolean again =
        others && possible && leaves.size() <= 1 && leaves.stream().noneMatch(lossy::contains);
    if (others && !again && !signs) {
      return false;
    }
    String rest = again ? "; signs from " + names(leaves) : others ? "; signs kept apart" : "";
    put(v, new ForWeights(code), "read by gradients of weights" + rest);
    if (others && !again) {
      lossy.add(v);
    }
    return true;
  }

  /// Whether a node of backward makes the gradient of weights from a value.
  private boolean weightGradient(Node r, Value v) {
    return switch (r.op()) {
      case LinearOp.ConvFilterGrad _ -> r.operand(0) == v && r.operand(1) != v;
      case LinearOp.Contract _ ->
          forward.forwardReaders(v).stream()
              .filter(f -> f.op() instanceof LinearOp.Contract)
              .allMatch(f -> f.operands().stream().noneMatch(o -> o != v && made(o)));
      default -> false;
    };
  }

  private boolean made(Value v) {
    return forward.maker(v) != null;
  }

  /// Why a gradient of weights cannot be had from a code; null if it can.
  private static @Nullable String refusal(Code code, Node gradient, Value v) {
    return switch (code) {
      case Pooling p ->
          gradient.op() instanceof LinearOp.ConvFilterGrad g
              ? p.refusesFilterGrad(g.g(), v.type())
              : "averages are for convolutions";
      case BlockSparse b ->
          gradient.op() instanceof LinearOp.Contract
              ? b.refuses(v.type())
              : "blocks are for dense layers";
      case Quantising _, Bits _ -> code.refuses(v.type());
    };
  }

  private String names(Set<Value> leaves) {
    StringBuilder out = new StringBuilder();
    for (Value v : leaves) {
      Node n = forward.maker(v);
      out.append(out.isEmpty() ? "" : ", ").append(n == null ? v : n.origin().path());
    }
    return out.isEmpty() ? "vectors" : out.toString();
  }

  /// Gathers the kept tensors that computing a value again reads; false where it would read one
  /// that nobody keeps.
  private boolean leaves(Value v, Set<Value> out) {
    return leaves(v, out, new HashSet<>());
  }

  /// @param seen values that were looked at: chains of values that are read twice each would
  ///   otherwise take a time that doubles with every link
  private boolean leaves(Value v, Set<Value> out, Set<Value> seen) {
    @Nullable Node n = forward.maker(v);
    if (n == null || Forward.constant(n) || small(v) || !seen.add(v)) {
      return true;
    }
    if (there.contains(v)) {
      out.add(v);
      return true;
    }
    boolean light = of.get(v) instanceof Remake r ? r.light() : of.get(v) instanceof ForWeights;
    return light && Forward.light(n) && n.operands().stream().allMatch(o -> leaves(o, out, seen));
  }
}
