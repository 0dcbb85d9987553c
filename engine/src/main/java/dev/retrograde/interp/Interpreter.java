package dev.retrograde.interp;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs programs node by node on heap tensors by each op's reference evaluation.
public final class Interpreter {
  private Interpreter() {}

  /// What a run leaves.
  ///
  /// @param outputs by name
  /// @param updates new values of state entries, by name; entries without one keep theirs
  public record Result(Map<String, HostTensor> outputs, Map<String, HostTensor> updates) {}

  /// Runs a program on these inputs and state. Neither is changed.
  public static Result run(
      Program p, Map<String, HostTensor> inputs, Map<String, HostTensor> state) {
    Map<Value, HostTensor> env = new HashMap<>();
    for (Program.Named i : p.inputs()) {
      env.put(i.value(), given("input", i.name(), i.value().type(), inputs));
    }
    for (Program.StateParam s : p.state()) {
      env.put(s.value(), given("state", s.entry().name(), s.value().type(), state));
    }
    for (Node n : p.nodes()) {
      eval(n, env);
    }
    Map<String, HostTensor> outputs = new LinkedHashMap<>();
    p.outputs().forEach(o -> outputs.put(o.name(), of(env, o.value())));
    Map<String, HostTensor> updates = new LinkedHashMap<>();
    for (Program.Update u : p.updates()) {
      HostTensor v = of(env, u.value());
      if (u.rows() != null) {
        HostTensor rows = of(env, u.rows());
        HostTensor whole = of(env, p.stateValue(u.entry())).copy();
        int row = whole.dim(0) == 0 ? 0 : whole.size() / whole.dim(0);
        for (int i = 0; i < rows.size(); i++) {
          for (int k = 0; k < row; k++) {
            whole.setBits((int) rows.get(i) * row + k, v.bits(i * row + k));
          }
        }
        v = whole;
      }
      updates.put(u.entry(), v);
    }
    return new Result(outputs, updates);
  }

  private static void eval(Node n, Map<Value, HostTensor> env) {
    List<HostTensor> in = n.operands().stream().map(v -> of(env, v)).toList();
    List<Type> types = n.results().stream().map(r -> resolve(r.type(), env)).toList();
    List<HostTensor> out = n.op().eval(in, types);
    for (int r = 0; r < out.size(); r++) {
      env.put(n.results().get(r), out.get(r));
    }
  }

  private static Type resolve(Type t, Map<Value, HostTensor> env) {
    return t.with(
        t.extents().stream()
            .map(
                e ->
                    switch (e) {
                      case Extent.Static s -> (Extent) s;
                      case Extent.Ragged r -> Extent.of((int) of(env, r.count()).get(0));
                    })
            .toList());
  }

  private static HostTensor of(Map<Value, HostTensor> env, Value v) {
    HostTensor t = env.get(v);
    if (t == null) {
      throw new AssertionError(v + " is used before it is made");
    }
    return t;
  }

  private static HostTensor given(
      String what, String name, Type type, Map<String, HostTensor> given) {
    HostTensor t = given.get(name);
    if (t == null) {
      throw new IllegalArgumentException(
          what + " '" + name + "' (" + type + ") is missing; given are " + given.keySet());
    }
    if (!type.ragged() && !t.type().equals(type)) {
      throw new IllegalArgumentException(
          what + " '" + name + "' must be " + type + ", found " + t.type());
    }
    return t;
  }
}
