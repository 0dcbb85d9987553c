package dev.retrograde.choice;

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
  private final Treatments treatments;
  private final Set<Value> used;
  private final Codes codes;

  /// @param used kept values that backward reads after the rewrite
  Account(Forward forward, Treatments treatments, Set<Value> used, Codes codes) {
    this.forward = forward;
    this.treatments = treatments;
    this.used = used;
    this.codes = codes;
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
        if (readers.containsKey(v)
            && !Forward.constant(n)
            && !(treatments.of(v) instanceof Compared)) {
          all.add(residual(n, v, readers.get(v)));
        }
      }
      codes.signs().stream().filter(s -> s.maker() == n).forEach(s -> all.add(sign(s)));
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
    Treatment t = treatments.of(v);
    String name =
        switch (t) {
          case Keep _ -> "store";
          case Remake _ -> "remade";
          case Invert _ -> used.contains(v) ? "store" : "inverse";
          case Coded c -> name(c.code());
          case ForWeights w -> name(w.code());
          case Compared _ -> "signs";
        };
    long kept =
        switch (t) {
          case Keep _, Invert _ -> used.contains(v) ? bytes : 0;
          case Remake _, Compared _ -> 0;
          case Coded c -> c.code().bytes(v.type());
          case ForWeights w -> w.code().bytes(v.type());
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
        kept,
        name,
        List.copyOf(readers),
        treatments.reason(v));
  }

  /// Where nobody reads the value itself, the outcomes are the residual.
  private Residual sign(Codes.Sign s) {
    return new Residual(
        "signs of " + s.compared(),
        s.maker().origin().path(),
        "compare",
        treatments.of(s.compared()) instanceof Compared ? s.outcomes() : 0,
        s.bytes(),
        s.packed() ? "bits" : "store",
        List.of(s.reader()),
        "backward compares the value and reads no more of it");
  }

  private static String name(Code code) {
    return switch (code) {
      case Bits _ -> "bits";
      case Quantising q -> "quantized:" + q.bits();
      case Pooling p -> "pooled:" + p.size();
      case BlockSparse b -> "blocksparse:" + b.block() + ":" + b.sparsity();
    };
  }
}
