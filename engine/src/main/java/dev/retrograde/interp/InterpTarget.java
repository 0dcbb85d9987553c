package dev.retrograde.interp;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The interpreter as a target: no compilation, one reference evaluation a node.
public final class InterpTarget implements Target {
  private static final long SLACK = 64;

  /// Elements and multiply-adds a second, roughly.
  private static final double RATE = 30e6;

  @Override
  public String name() {
    return "interp";
  }

  @Override
  public Executable compile(Program program, StateStore state, Options options) {
    return new Run(program, state);
  }

  @Override
  public Forecast forecast(Program program, Options options) {
    long[] macs = macs(program);
    long elements = 0;
    for (Node n : program.nodes()) {
      for (Value v : n.results()) {
        elements += v.type().size();
      }
    }
    return new Forecast(
        report(program),
        new Reservation(StateStore.reservedBytes(program), own(program), 0),
        program.nodes().size(),
        macs[0],
        macs[1],
        macs[2],
        (elements + macs[0] + macs[1] + macs[2]) / RATE);
  }

  /// Bytes of inputs and outputs, with their slack.
  private static long own(Program program) {
    return Stream.concat(program.inputs().stream(), program.outputs().stream())
        .mapToLong(v -> v.value().type().bytes() + SLACK)
        .sum();
  }

  private static long[] macs(Program program) {
    long[] macs = new long[3];
    for (Node n : program.nodes()) {
      macs[n.origin().phase().ordinal()] +=
          n.op()
              .macs(
                  n.operands().stream().map(Value::type).toList(),
                  n.results().stream().map(Value::type).toList());
    }
    return macs;
  }

  /// Lifetimes in the order of nodes; every value has a buffer of its own here.
  private static MemoryReport report(Program program) {
    Map<Value, Integer> birth = new LinkedHashMap<>();
    Map<Value, Integer> death = new HashMap<>();
    int last = program.nodes().size();
    program.inputs().forEach(i -> birth.put(i.value(), 0));
    for (int k = 0; k < last; k++) {
      Node n = program.nodes().get(k);
      for (Value v : n.results()) {
        birth.put(v, k);
        death.put(v, k);
      }
      for (Value v : n.operands()) {
        death.put(v, k);
      }
    }
    program.inputs().forEach(i -> death.put(i.value(), Math.max(0, last - 1)));
    program.results().forEach(v -> death.put(v, Math.max(0, last - 1)));
    List<MemoryReport.Entry> all = new ArrayList<>();
    for (Program.StateParam s : program.state()) {
      Tag tag =
          switch (s.entry().role()) {
            case PARAMETER, STATISTIC, DERIVED -> Tag.WEIGHT;
            case OPTIMIZER, POLICY, PER_SAMPLE -> Tag.OPTIMIZER;
          };
      all.add(
          new MemoryReport.Entry(
              s.entry().name(), tag, s.entry().type().bytes(), 0, Math.max(0, last - 1), -1));
    }
    birth.forEach((v, b) ->
        all.add(
            new MemoryReport.Entry(
                v.toString(), Tag.WORKSPACE, v.type().bytes(), b, death.getOrDefault(v, b), -1)));
    return MemoryReport.of(all, program.nodes().stream().map(Node::toString).toList(), 0);
  }

  private static final class Run implements Executable {
    private final Program program;
    private final StateStore state;
    private final Arena arena = Arena.ofConfined();
    private final Map<String, MemorySegment> inputs = new LinkedHashMap<>();
    private final Map<String, MemorySegment> outputs = new LinkedHashMap<>();

    Run(Program program, StateStore state) {
      this.program = program;
      this.state = state;
      for (Program.Named i : program.inputs()) {
        inputs.put(i.name(), arena.allocate(i.value().type().bytes() + SLACK, 64));
      }
      for (Program.Named o : program.outputs()) {
        outputs.put(o.name(), arena.allocate(o.value().type().bytes() + SLACK, 64));
      }
    }

    @Override
    public Program program() {
      return program;
    }

    @Override
    public MemorySegment input(String name) {
      return named("input", inputs, name);
    }

    @Override
    public MemorySegment output(String name) {
      return named("output", outputs, name);
    }

    private static MemorySegment named(String what, Map<String, MemorySegment> all, String name) {
      MemorySegment m = all.get(name);
      if (m == null) {
        throw new IllegalArgumentException("no " + what + " '" + name + "' in " + all.keySet());
      }
      return m;
    }

    @Override
    public void run() {
      Map<String, HostTensor> in = new HashMap<>();
      for (Program.Named i : program.inputs()) {
        in.put(i.name(), Segments.read(input(i.name()), i.value().type()));
      }
      Map<String, HostTensor> old = new HashMap<>();
      for (Program.StateParam s : program.state()) {
        old.put(s.entry().name(), state.get(s.entry().name()));
      }
      Interpreter.Result r = Interpreter.run(program, cut(in, old), old);
      r.updates().forEach(state::set);
      Map<String, Type> types = new HashMap<>();
      program.outputs().forEach(o -> types.put(o.name(), o.value().type()));
      r.outputs().forEach((name, v) -> write(output(name), v, types.getOrDefault(name, v.type())));
    }

    /// What lies past a count is written as zeros.
    private static void write(MemorySegment to, HostTensor v, Type type) {
      Segments.write(to, type.ragged() ? v.resized(type.dims()) : v);
    }

    /// Inputs of run-time size without what lies past their counts.
    private Map<String, HostTensor> cut(Map<String, HostTensor> in, Map<String, HostTensor> old) {
      Map<Value, HostTensor> env = new HashMap<>();
      program.inputs().forEach(i -> env.put(i.value(), in.get(i.name())));
      program.state().forEach(s -> env.put(s.value(), old.get(s.entry().name())));
      Map<String, HostTensor> out = new HashMap<>(in);
      for (Program.Named i : program.inputs()) {
        if (i.value().type().ragged()) {
          List<Integer> dims = Execution.resolve(i.value().type(), env).dims();
          out.computeIfPresent(i.name(), (name, x) -> x.resized(dims));
        }
      }
      return out;
    }

    @Override
    public MemoryReport memory() {
      return report(program);
    }

    @Override
    public Reservation reserved() {
      return new Reservation(state.reservedBytes(), own(program), 0);
    }

    @Override
    public Compiled compiled() {
      int nodes = program.nodes().size();
      return new Compiled("interp", nodes, nodes, 0, 0, macs(program));
    }

    @Override
    public void close() {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}
