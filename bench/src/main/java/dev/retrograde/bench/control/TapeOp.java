package dev.retrograde.bench.control;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An operator of a [Tape]: a program of its own, compiled for the types that it meets, forwards
/// and backwards.
///
/// The backward program has the cotangents of inputs as outputs and adds those of parameters to
/// entries of the state, in place. It is given only what it reads.
final class TapeOp implements AutoCloseable {
  private static final String IN = "in";
  private static final String OUT = "out";
  private static final String COTANGENT = "cotangent";
  private static final String GRADIENT = "gradient.";

  /// What an operator computes.
  @FunctionalInterface
  interface Body {
    /// @param parameters in the order in which the operator names them
    Tensor trace(Trace t, List<Tensor> inputs, List<Tensor> parameters);
  }

  private final String name;
  private final Map<String, Type> parameters;
  private final Body body;
  private final Function<Program, Executable> compiler;
  private final List<Form> forms = new ArrayList<>();

  /// @param parameters that it reads, by name
  TapeOp(
      String name,
      Map<String, Type> parameters,
      Body body,
      Function<Program, Executable> compiler) {
    this.name = name;
    this.parameters = new LinkedHashMap<>(parameters);
    this.body = body;
    this.compiler = compiler;
  }

  /// A compiler over a store.
  static Function<Program, Executable> compiler(Target target, StateStore state) {
    return program -> target.compile(program, state, Target.Options.DEFAULT);
  }

  /// The name of the entry in which a parameter's gradient is summed.
  static String gradientOf(String parameter) {
    return GRADIENT + parameter;
  }

  /// The operator for inputs of the types of `inputs`; compiled at the first meeting.
  Form form(Tape.Var... inputs) {
    for (Form f : forms) {
      if (f.fits(inputs)) {
        return f;
      }
    }
    Form made = new Form(inputs);
    forms.add(made);
    return made;
  }

  @Override
  public void close() {
    forms.forEach(Form::close);
  }

  /// The operator for certain types and certain inputs that need cotangents.
  final class Form {
    private final Type[] types;
    private final boolean[] active;
    private final Type result;
    private final Executable forward;
    private final MemorySegment[] in;
    private final MemorySegment out;
    private @Nullable Back back;

    private Form(Tape.Var... inputs) {
      types = new Type[inputs.length];
      active = new boolean[inputs.length];
      in = new MemorySegment[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        types[i] = inputs[i].type();
        active[i] = inputs[i].active();
      }
      Program program = Trace.program(name, true, t -> t.output(OUT, traced(t, new ArrayList<>())));
      result = program.outputs().getFirst().value().type();
      forward = compiler.apply(program);
      for (int i = 0; i < in.length; i++) {
        in[i] = forward.input(IN + i);
      }
      out = forward.output(OUT);
    }

    private boolean fits(Tape.Var... inputs) {
      if (inputs.length != types.length) {
        return false;
      }
      for (int i = 0; i < types.length; i++) {
        if (inputs[i].active() != active[i] || !inputs[i].type().equals(types[i])) {
          return false;
        }
      }
      return true;
    }

    private Tensor traced(Trace t, List<Tensor> inputs) {
      for (int i = 0; i < types.length; i++) {
        inputs.add(t.input(IN + i, types[i]));
      }
      List<Tensor> weights = new ArrayList<>();
      parameters.forEach((parameter, type) ->
          weights.add(t.state(parameter, Role.PARAMETER, type, new Init.Fill(0))));
      return body.trace(t, inputs, weights);
    }

    Type result() {
      return result;
    }

    /// Whether anything needs the result's cotangent.
    boolean differentiable() {
      boolean any = !parameters.isEmpty();
      for (boolean each : active) {
        any |= each;
      }
      return any;
    }

    /// Copies inputs in, runs, and copies the result to `to`.
    void run(MemorySegment to, Tape.Var... inputs) {
      for (int i = 0; i < in.length; i++) {
        in[i].copyFrom(inputs[i].value());
      }
      forward.run();
      to.copyFrom(out);
    }

    /// The way back, compiled when it is first asked for.
    Back back() {
      Back made = back;
      if (made == null) {
        made = new Back(this);
        back = made;
      }
      return made;
    }

    private void close() {
      forward.close();
      if (back != null) {
        back.close();
      }
    }
  }

  /// The backward program of a form.
  final class Back {
    private final Executable executable;
    private final @Nullable MemorySegment[] in;
    private final @Nullable MemorySegment[] cotangents;
    private final @Nullable MemorySegment incoming;

    private Back(Form form) {
      Program program = Trace.program(name + ".back", true, t -> trace(t, form));
      executable = compiler.apply(program);
      Set<Value> read = read(program);
      in = new @Nullable MemorySegment[form.types.length];
      cotangents = new @Nullable MemorySegment[form.types.length];
      for (int i = 0; i < in.length; i++) {
        in[i] = read.contains(input(program, IN + i)) ? executable.input(IN + i) : null;
        cotangents[i] = form.active[i] ? executable.output(COTANGENT + i) : null;
      }
      incoming = read.contains(input(program, COTANGENT)) ? executable.input(COTANGENT) : null;
    }

    private void trace(Trace t, Form form) {
      List<Tensor> inputs = new ArrayList<>();
      Tensor y = form.traced(t, inputs);
      Tensor g = t.input(COTANGENT, y.type());
      t.phase(Phase.BACKWARD);
      List<Value> wrt = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        if (form.active[i]) {
          wrt.add(inputs.get(i).value());
        }
      }
      parameters.keySet().forEach(p -> wrt.add(t.stateValue(p).value()));
      Map<Value, Value> found =
          Reverse.pullback(t.emit(), t.nodes(), Map.of(y.value(), g.value()), wrt);
      for (int i = 0; i < inputs.size(); i++) {
        if (form.active[i]) {
          t.output(COTANGENT + i, cotangent(found, inputs.get(i).value(), "input " + i));
        }
      }
      parameters.forEach((p, type) -> {
        Tensor sum = t.state(gradientOf(p), Role.OPTIMIZER, type, new Init.Fill(0));
        t.assign(gradientOf(p), t.add(sum, cotangent(found, t.stateValue(p).value(), p)));
      });
    }

    private Tensor cotangent(Map<Value, Value> found, Value of, String what) {
      Value c = found.get(of);
      if (c == null) {
        throw new IllegalArgumentException(
            "Operator '" + name + "': no gradient reaches " + what + "; make it a constant");
      }
      return new Tensor(c);
    }

    private static Value input(Program program, String name) {
      return program.inputs().stream()
          .filter(i -> i.name().equals(name))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no input '" + name + "'"))
          .value();
    }

    /// What outputs and updates read, directly or not. Operators have no blocks.
    private static Set<Value> read(Program program) {
      Set<Value> read = new HashSet<>();
      program.outputs().forEach(o -> read.add(o.value()));
      program.updates().forEach(u -> read.add(u.value()));
      for (Node node : program.nodes().reversed()) {
        if (node.results().stream().anyMatch(read::contains)) {
          read.addAll(node.operands());
        }
      }
      return read;
    }

    /// Copies in what is read, runs, and adds to the inputs' cotangents.
    void run(Tape tape, MemorySegment cotangent, Tape.Var... inputs) {
      for (int i = 0; i < in.length; i++) {
        MemorySegment place = in[i];
        if (place != null) {
          place.copyFrom(inputs[i].value());
        }
      }
      if (incoming != null) {
        incoming.copyFrom(cotangent);
      }
      executable.run();
      for (int i = 0; i < cotangents.length; i++) {
        MemorySegment given = cotangents[i];
        if (given != null) {
          tape.accumulate(inputs[i], given);
        }
      }
    }

    private void close() {
      executable.close();
    }
  }
}
