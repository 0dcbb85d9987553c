package dev.retrograde.interp;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the values of a block are in one run of it. Every run has a scope of its own, since those
/// of earlier trips and outer calls are still waiting for their cotangents.
final class Scope {
  private final @Nullable Scope outer;
  private final Map<Value, Active> own = new HashMap<>();

  private Scope(@Nullable Scope outer) {
    this.outer = outer;
  }

  static Scope root() {
    return new Scope(null);
  }

  Scope inner() {
    return new Scope(this);
  }

  void bind(Value v, Active a) {
    own.put(v, a);
  }

  void bind(List<Value> values, List<Active> actives) {
    for (int i = 0; i < values.size(); i++) {
      bind(values.get(i), actives.get(i));
    }
  }

  Active of(Value v) {
    for (Scope s = this; s != null; s = s.outer) {
      Active a = s.own.get(v);
      if (a != null) {
        return a;
      }
    }
    throw new AssertionError(v + " is used before it is made");
  }

  List<Active> all(List<Value> values) {
    return values.stream().map(this::of).toList();
  }

  /// The primals of these values.
  Map<Value, HostTensor> primals(Collection<Value> values) {
    Map<Value, HostTensor> env = new HashMap<>();
    values.forEach(v -> env.put(v, of(v).x()));
    return env;
  }

  /// A type with its run-time sizes filled in.
  Type resolve(Type t) {
    return t.ragged() ? Execution.resolve(t, primals(Rule.counts(t))) : t;
  }
}
