package dev.retrograde.ir;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A pure function `(state, inputs) -> (state', outputs)`.
///
/// @param name such as `step`
/// @param state entries read or written, each with the value that stands for it at entry
/// @param inputs named parameters
/// @param nodes the body, in an order that defines before it uses
/// @param outputs named results
/// @param updates new values of state entries, all taking effect together at the end
/// @param functions functions that `Call` names
public record Program(
    String name,
    List<StateParam> state,
    List<Named> inputs,
    List<Node> nodes,
    List<Named> outputs,
    List<Update> updates,
    Map<String, Block> functions) {
  public Program {
    state = List.copyOf(state);
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
    updates = List.copyOf(updates);
    functions = Map.copyOf(functions);
  }

  /// A state entry and the value that stands for it.
  public record StateParam(StateEntry entry, Value value) {}

  /// A named input or output.
  public record Named(String name, Value value) {}

  /// The new value of an entry: all of it, or the rows that `rows` (i32 indices into axis 0)
  /// selects.
  public record Update(String entry, Value value, @Nullable Value rows) {}

  public Program with(List<Node> newNodes) {
    return new Program(name, state, inputs, newNodes, outputs, updates, functions);
  }

  /// The program with other functions.
  public Program with(Map<String, Block> otherFunctions) {
    return new Program(name, state, inputs, nodes, outputs, updates, otherFunctions);
  }

  /// An emitter without nodes whose values do not meet those of the program.
  public Emit emitter() {
    int[] largest = new int[1];
    state.forEach(s -> largest[0] = Math.max(largest[0], s.value().id()));
    inputs.forEach(i -> largest[0] = Math.max(largest[0], i.value().id()));
    nodes.forEach(n -> largest[0] = Math.max(largest[0], largest(n)));
    functions.values().forEach(f -> largest[0] = Math.max(largest[0], largest(f)));
    return new Emit(new Emit.Ids(largest[0] + 1), new LinkedHashMap<>(functions));
  }

  private static int largest(Block b) {
    int most = b.params().stream().mapToInt(Value::id).max().orElse(0);
    return b.nodes().stream().mapToInt(Program::largest).reduce(most, Math::max);
  }

  private static int largest(Node n) {
    int most = n.results().stream().mapToInt(Value::id).max().orElse(0);
    return n.blocks().stream().mapToInt(Program::largest).reduce(most, Math::max);
  }

  /// The program with other values for its outputs and updates, where `renamed` has any.
  public Program with(List<Node> newNodes, Map<Value, Value> renamed) {
    return new Program(
        name,
        state,
        inputs,
        newNodes,
        outputs.stream()
            .map(o -> new Named(o.name(), renamed.getOrDefault(o.value(), o.value())))
            .toList(),
        updates.stream()
            .map(u -> {
              Value rows = u.rows();
              return new Update(
                  u.entry(),
                  renamed.getOrDefault(u.value(), u.value()),
                  rows == null ? null : renamed.getOrDefault(rows, rows));
            })
            .toList(),
        functions);
  }

  /// The value standing for a state entry.
  public Value stateValue(String entry) {
    for (StateParam s : state) {
      if (s.entry().name().equals(entry)) {
        return s.value();
      }
    }
    throw new IllegalArgumentException("program '" + name + "' has no state '" + entry + "'");
  }

  public Value output(String output) {
    for (Named o : outputs) {
      if (o.name().equals(output)) {
        return o.value();
      }
    }
    throw new IllegalArgumentException(
        "program '"
            + name
            + "' has no output '"
            + output
            + "', it has "
            + outputs.stream().map(Named::name).toList());
  }

  /// Values that must be alive at the end.
  public List<Value> results() {
    java.util.ArrayList<Value> r = new java.util.ArrayList<>();
    outputs.forEach(o -> r.add(o.value()));
    updates.forEach(u -> {
      r.add(u.value());
      if (u.rows() != null) {
        r.add(u.rows());
      }
    });
    return r;
  }
}
