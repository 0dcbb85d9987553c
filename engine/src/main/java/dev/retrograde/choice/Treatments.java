package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Treatment.Invert;
import dev.retrograde.choice.Treatment.Keep;
import dev.retrograde.choice.Treatment.Remake;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashMap;
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
    } else if (v.type().rank() <= 1 || v.type().size() < SMALL) {
      put(v, KEEP, "small");
    } else if (regions.of(n) != null) {
      region(n, v, java.util.Objects.requireNonNull(regions.of(n)));
    } else {
      outside(n, v);
    }
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
      case Saving.Store _, Saving.Recompute _, Saving.ByLayer _, Saving.Budget _ ->
          put(v, KEEP, "kept under store");
      case Saving.Exact _, Saving.Reversible _ -> exact(n, v);
      case Saving.Pooled _,
          Saving.PooledQuantized _,
          Saving.PooledAll _,
          Saving.Quantized _,
          Saving.BlockSparse _ ->
          exact(n, v);
    }
  }

  private void exact(Node n, Value v) {
    if (!forward.residual(v)) {
      // Not kept; computed again where another value is computed again from it.
      of.put(v, Forward.light(n) ? LIGHT : KEEP);
      return;
    }
    Set<Value> leaves = new LinkedHashSet<>();
    boolean possible = Forward.light(n) && n.operands().stream().allMatch(o -> leaves(o, leaves));
    if (possible && leaves.size() <= MOST_LEAVES) {
      put(v, LIGHT, "computed again from " + names(leaves));
    } else {
      put(
          v,
          KEEP,
          !Forward.light(n)
              ? "a product, too dear to compute again"
              : possible
                  ? "an anchor: it would be computed again from " + leaves.size() + " tensors"
                  : "nothing else that is kept gives it");
    }
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
    @Nullable Node n = forward.maker(v);
    if (n == null || Forward.constant(n) || v.type().rank() <= 1 || v.type().size() < SMALL) {
      return true;
    }
    if (there.contains(v)) {
      out.add(v);
      return true;
    }
    return of.get(v) instanceof Remake r
        && r.light()
        && n.operands().stream().allMatch(o -> leaves(o, out));
  }
}
