package dev.retrograde.interp;

import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.DepthException;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Gradients of a program by literal nested callbacks: the second opinion on reverse mode.
///
/// The program is given as traced, without a backward part. Each node computes its results, runs
/// the rest of its block as a continuation on them, and when that has returned adds to its
/// operands' cotangents, as "Backpropagation with Callbacks" (Wang et al., NeurIPS 2018) writes its
/// operators; branches, loops and calls hand continuations on as in section 3 there. The derivative
/// of a single node is its op's own rule. Order, branches taken, trip counts, recursion and sums of
/// cotangents are thus the native stack's, and share nothing with reverse mode on programs.
///
/// What it costs: stack for every node that runs, until the end, and an interpreter's time. So it
/// is for comparisons.
public final class CallbackLowering {
  private final Program program;
  private final Rules rules;

  private CallbackLowering(Program program) {
    this.program = program;
    rules = new Rules(program);
  }

  /// A program to be run this way, any number of times, by one thread at a time.
  public static CallbackLowering of(Program program) {
    return new CallbackLowering(program);
  }

  /// What a run leaves.
  ///
  /// @param outputs by name
  /// @param gradients of the loss, for each name that was asked for; zeros where the run's path
  ///   from it to the loss is cut or absent
  /// @param callbacks continuations that ran
  public record Result(
      Map<String, HostTensor> outputs, Map<String, HostTensor> gradients, long callbacks) {}

  /// Runs the program on a thread of its own with a stack of `mebibytes`.
  ///
  /// @param loss name of a floating output of one element
  /// @param wanted names of state entries and inputs
  /// @throws IllegalArgumentException if something is missing or of another type
  /// @throws IllegalStateException if a bound of a loop is exceeded
  /// @throws DepthException if the stack is too small
  public Result run(
      Map<String, HostTensor> inputs,
      Map<String, HostTensor> state,
      String loss,
      Set<String> wanted,
      int mebibytes) {
    return Callbacks.onStack(mebibytes, () -> run(inputs, state, loss, wanted));
  }

  /// The same on this thread's stack, which holds a few thousand nodes if it is of default size.
  public Result run(
      Map<String, HostTensor> inputs,
      Map<String, HostTensor> state,
      String loss,
      Set<String> wanted) {
    Scope root = Scope.root();
    Map<String, Value> named = named();
    for (String w : wanted) {
      if (!named.containsKey(w)) {
        throw new IllegalArgumentException(
            "no input and no state entry '" + w + "', there are " + named.keySet());
      }
    }
    Map<String, HostTensor> given = new HashMap<>(inputs);
    given.putAll(state);
    named.forEach(
        (name, v) -> root.bind(v, Active.of(given(name, v, given), wanted.contains(name))));
    named.forEach((name, v) -> check(name, v, root));
    Map<String, HostTensor> outputs = new LinkedHashMap<>();
    Continuations machine = new Continuations(rules, root);
    try {
      machine.run(() -> {
        program.outputs().forEach(o -> outputs.put(o.name(), root.of(o.value()).x()));
        seed(loss, root.of(program.output(loss)));
      });
    } catch (StackOverflowError e) {
      // What is half made belongs to this run and goes with it.
      throw new DepthException(machine.depth(), e);
    }
    Map<String, HostTensor> gradients = new LinkedHashMap<>();
    named.forEach((name, v) -> {
      if (wanted.contains(name)) {
        gradients.put(name, root.of(v).gradient());
      }
    });
    return new Result(outputs, gradients, machine.callbacks());
  }

  private Map<String, Value> named() {
    Map<String, Value> all = new LinkedHashMap<>();
    program.inputs().forEach(i -> all.put(i.name(), i.value()));
    for (Program.StateParam s : program.state()) {
      if (all.put(s.entry().name(), s.value()) != null) {
        throw new IllegalArgumentException(
            "'" + s.entry().name() + "' names an input and a state entry; rename one of them");
      }
    }
    return all;
  }

  private static void seed(String name, Active loss) {
    if (loss.x().size() != 1 || !loss.x().dtype().isFloat()) {
      throw new IllegalArgumentException(
          "a loss has one element of a floating type, output '"
              + name
              + "' is "
              + loss.x().type()
              + "; take its mean or sum");
    }
    loss.add(HostTensor.fill(loss.x().type(), i -> 1));
  }

  private static HostTensor given(String name, Value v, Map<String, HostTensor> given) {
    HostTensor t = given.get(name);
    if (t == null) {
      throw new IllegalArgumentException(
          "'" + name + "' (" + v.type() + ") is missing; given are " + given.keySet());
    }
    return t;
  }

  private static void check(String name, Value v, Scope root) {
    Type expected = root.resolve(v.type());
    Type found = root.of(v).x().type();
    if (!found.equals(expected)) {
      throw new IllegalArgumentException("'" + name + "' must be " + expected + ", found " + found);
    }
  }
}
