package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Value;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The blocks and functions of one program: each goes through the same passes as a program, with
/// what it takes as inputs, what a loop carries as state, and what it gives as outputs.
final class Blocks {
  private final Program whole;
  private final Machine machine;
  private final Target.Options options;
  private final Counts counts;
  private final Map<String, Function> functions = new TreeMap<>();

  /// A function: its blocks' memory is one area that every call uses. Where a function is called
  /// again before it returned, the caller's part of the area is put aside meanwhile.
  ///
  /// @param params where arguments go
  /// @param results where results are left
  /// @param globals names of state and inputs of the program, by the buffers that stand for them
  ///   here
  /// @param area the memory, laid out as `at` says
  /// @param calls functions that it may come to call, itself included if it recurs
  record Function(
      Planned planned,
      List<Buf> params,
      List<Buf> results,
      Map<Buf, String> globals,
      Map<Buf, Long> at,
      Buf area,
      Set<String> calls) {
    /// What the names of globals begin with.
    static final String STATE = "state ";

    static final String INPUT = "input ";
  }

  /// @param counts how many rows of values are read, of the program and of all blocks
  Blocks(Program whole, Machine machine, Target.Options options, Counts counts) {
    this.whole = whole;
    this.machine = machine;
    this.options = options;
    this.counts = counts;
  }

  Counts counts() {
    return counts;
  }

  /// All functions that the program comes to call, compiled.
  Map<String, Function> functions() {
    return functions;
  }

  /// Compiles every function that these nodes may come to call.
  void compileFunctions(List<Node> nodes) {
    for (String f : reached(nodes)) {
      if (!functions.containsKey(f)) {
        functions.put(f, function(f));
      }
    }
  }

  /// The areas of the functions that a node may come to call.
  List<Buf> areas(Node n) {
    List<Buf> areas = new ArrayList<>();
    for (String f : reached(List.of(n))) {
      Function known = functions.get(f);
      if (known == null) {
        throw new AssertionError("function '" + f + "' is not compiled");
      }
      areas.add(known.area);
    }
    return areas;
  }

  private Set<String> reached(List<Node> nodes) {
    Set<String> out = new LinkedHashSet<>();
    nodes.forEach(n -> reach(n, out));
    return out;
  }

  private void reach(Node n, Set<String> out) {
    if (n.op() instanceof ControlOp.Closed c
        && c.op() instanceof ControlOp.Call f
        && out.add(f.function())) {
      body(f.function()).nodes().forEach(m -> reach(m, out));
    }
    n.blocks().forEach(b -> b.nodes().forEach(m -> reach(m, out)));
  }

  private Block body(String function) {
    Block b = whole.functions().get(function);
    if (b == null) {
      throw new IllegalArgumentException(
          "program '" + whole.name() + "' calls '" + function + "', which it does not define");
    }
    return b;
  }

  /// A block under names of its own.
  ///
  /// @param carried how many of the parameters, from `first`, a loop carries: the block's first
  ///   results are their new values
  Planned block(String name, Block b, int first, int carried) {
    List<Program.StateParam> state = new ArrayList<>();
    List<Program.Named> inputs = new ArrayList<>();
    List<Program.Update> updates = new ArrayList<>();
    List<Program.Named> outputs = new ArrayList<>();
    for (int i = 0; i < b.params().size(); i++) {
      Value v = b.params().get(i);
      if (first <= i && i < first + carried) {
        String entry = "carried" + (i - first);
        state.add(new Program.StateParam(entry(entry, v), v));
      } else {
        inputs.add(new Program.Named("in" + i, v));
      }
    }
    for (int i = 0; i < b.results().size(); i++) {
      Value v = b.results().get(i);
      if (i < carried) {
        updates.add(new Program.Update("carried" + i, v, null));
      } else {
        outputs.add(new Program.Named("out" + (i - carried), v));
      }
    }
    Program p =
        new Program(
            whole.name() + "/" + name, state, inputs, b.nodes(), outputs, updates, Map.of());
    return Planned.block(p, machine, options, this);
  }

  private static StateEntry entry(String name, Value v) {
    return new StateEntry(name, v.type(), StateEntry.Role.DERIVED, new StateEntry.Init.Fill(0));
  }

  private Function function(String name) {
    Block b = body(name);
    Map<Value, String> global = new LinkedHashMap<>();
    whole.state().forEach(s -> global.put(s.value(), Function.STATE + s.entry().name()));
    whole.inputs().forEach(i -> global.put(i.value(), Function.INPUT + i.name()));
    List<Program.Named> inputs = new ArrayList<>();
    for (int i = 0; i < b.params().size(); i++) {
      inputs.add(new Program.Named("in" + i, b.params().get(i)));
    }
    global.forEach((v, g) -> inputs.add(new Program.Named(g, v)));
    List<Program.Named> outputs = new ArrayList<>();
    for (int i = 0; i < b.results().size(); i++) {
      outputs.add(new Program.Named("out" + i, b.results().get(i)));
    }
    Program p =
        new Program(
            whole.name() + "/" + name, List.of(), inputs, b.nodes(), outputs, List.of(), Map.of());
    Planned planned = Planned.block(p, machine, options, this);
    Map<Buf, Long> at = new HashMap<>();
    long bytes = planned.plan().bytes();
    List<Buf> params = new ArrayList<>();
    List<Buf> results = new ArrayList<>();
    for (int i = 0; i < b.params().size(); i++) {
      params.add(planned.input("in" + i));
    }
    for (int i = 0; i < b.results().size(); i++) {
      results.add(planned.output("out" + i));
    }
    List<Buf> ends = new ArrayList<>(params);
    ends.addAll(results);
    for (Buf end : ends) {
      at.put(end, bytes);
      bytes += (end.bytes() + 2 * Planned.SLACK - 1) / Planned.SLACK * Planned.SLACK;
    }
    Map<Buf, String> globals = new HashMap<>();
    global.values().forEach(g -> globals.put(planned.input(g), g));
    Buf area = new Buf(Buf.Home.ARENA, name + " area", DType.U8, bytes, Tag.WORKSPACE, null);
    return new Function(planned, params, results, globals, at, area, reached(b.nodes()));
  }
}
