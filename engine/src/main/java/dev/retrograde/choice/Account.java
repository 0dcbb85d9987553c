package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.choice.Treatment.Invert;
import dev.retrograde.choice.Treatment.Keep;
import dev.retrograde.choice.Treatment.Remake;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The list of residuals after a rewrite.
final class Account {
  private final Forward forward;
  private final ByLayer policy;
  private final Treatments treatments;
  private final Set<Value> used;

  /// @param used kept values that backward reads after the rewrite
  Account(Forward forward, ByLayer policy, Treatments treatments, Set<Value> used) {
    this.forward = forward;
    this.policy = policy;
    this.treatments = treatments;
    this.used = used;
  }

  List<Residual> residuals() {
    Map<Value, Set<String>> readers = new LinkedHashMap<>();
    for (Node n : forward.nodes()) {
      for (Value v : n.results()) {
        forward.backwardReaders(v).forEach(r -> note(readers, v, r.origin().path()));
        if (used.contains(v)) {
          base(readers, v);
        }
      }
    }
    List<Residual> all = new ArrayList<>();
    for (Node n : forward.nodes()) {
      for (Value v : n.results()) {
        if (readers.containsKey(v) && !Forward.constant(n)) {
          all.add(residual(n, v, readers.get(v)));
        }
      }
    }
    return all;
  }

  private void note(Map<Value, Set<String>> readers, Value v, String reader) {
    Set<String> known = base(readers, v);
    if (known != null) {
      known.add(reader);
    }
  }

  /// The readers of what a view shows.
  private @org.jspecify.annotations.Nullable Set<String> base(
      Map<Value, Set<String>> readers, Value v) {
    Node n = forward.maker(v);
    return n == null
        ? null
        : Forward.view(n)
            ? base(readers, n.operand(0))
            : readers.computeIfAbsent(v, x -> new LinkedHashSet<>());
  }

  private Residual residual(Node n, Value v, Set<String> readers) {
    long bytes = v.type().bytes();
    boolean kept = used.contains(v);
    String name =
        switch (treatments.of(v)) {
          case Keep _ -> "store";
          case Remake _ -> "remade";
          case Invert _ -> "inverse";
        };
    String op =
        n.op() instanceof MapOp.Map m && m.code().single() != null
            ? m.code().single().text()
            : n.op().name();
    return new Residual(
        v.toString(),
        n.origin().path(),
        op,
        readers.isEmpty() ? 0 : bytes,
        kept ? bytes : 0,
        name,
        List.copyOf(readers),
        treatments.reason(v));
  }
}
