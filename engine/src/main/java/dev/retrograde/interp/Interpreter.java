package dev.retrograde.interp;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Runs programs node by node on heap tensors by each op's reference evaluation.
///
/// Tensors of run-time size are held at the size that the count says, so nothing past it can be
/// read.
public final class Interpreter {
  /// Stack for programs with functions, in bytes; a call takes about two kilobytes.
  private static final long STACK = 64L << 20;

  private Interpreter() {}

  /// What a run leaves.
  ///
  /// @param outputs by name
  /// @param updates new values of state entries, by name; entries without one keep theirs
  public record Result(Map<String, HostTensor> outputs, Map<String, HostTensor> updates) {}

  /// Runs a program on these inputs and state. Neither is changed. A program with functions runs on
  /// a thread of its own with a stack of 64 MiB.
  ///
  /// @throws IllegalArgumentException if an input or a state entry is missing or of another type
  /// @throws IllegalStateException if a count, a bound or the depth of calls is exceeded
  public static Result run(
      Program p, Map<String, HostTensor> inputs, Map<String, HostTensor> state) {
    return p.functions().isEmpty()
        ? here(p, inputs, state, Long.MAX_VALUE)
        : run(p, inputs, state, STACK);
  }

  /// The same with a stated stack, in bytes: as deep as it allows calls may go.
  public static Result run(
      Program p, Map<String, HostTensor> inputs, Map<String, HostTensor> state, long stack) {
    FutureTask<Result> task = new FutureTask<>(() -> here(p, inputs, state, stack));
    Thread thread = new Thread(null, task, "interpreter of " + p.name(), stack);
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException x -> throw x;
        case Error x -> throw x;
        case null, default -> throw new AssertionError("the interpreter failed", e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Result here(
      Program p, Map<String, HostTensor> inputs, Map<String, HostTensor> state, long stack) {
    Map<Value, HostTensor> env = new HashMap<>();
    for (Program.Named i : p.inputs()) {
      env.put(i.value(), given("input", i.name(), i.value().type(), inputs));
    }
    for (Program.StateParam s : p.state()) {
      env.put(s.value(), given("state", s.entry().name(), s.value().type(), state));
    }
    for (Program.Named i : p.inputs()) {
      Type type = Execution.resolve(i.value().type(), env);
      check("input", i.name(), type, Execution.of(env, i.value()));
    }
    Execution.run(p, env, stack);
    Map<String, HostTensor> outputs = new LinkedHashMap<>();
    p.outputs().forEach(o -> outputs.put(o.name(), Execution.of(env, o.value())));
    Map<String, HostTensor> updates = new LinkedHashMap<>();
    for (Program.Update u : p.updates()) {
      HostTensor v = Execution.of(env, u.value());
      if (u.rows() != null) {
        v = written(Execution.of(env, p.stateValue(u.entry())), Execution.of(env, u.rows()), v);
      }
      updates.put(u.entry(), v);
    }
    return new Result(outputs, updates);
  }

  private static HostTensor written(HostTensor old, HostTensor rows, HostTensor values) {
    HostTensor whole = old.copy();
    int row = whole.dim(0) == 0 ? 0 : whole.size() / whole.dim(0);
    for (int i = 0; i < rows.size(); i++) {
      int to = (int) rows.bits(i);
      if (to < 0 || to >= whole.dim(0)) {
        throw new IndexOutOfBoundsException(
            "row " + to + " at position " + i + " is not one of " + whole.dim(0) + " rows");
      }
      for (int k = 0; k < row; k++) {
        whole.setBits(to * row + k, values.bits(i * row + k));
      }
    }
    return whole;
  }

  private static HostTensor given(
      String what, String name, Type type, Map<String, HostTensor> given) {
    HostTensor t = given.get(name);
    if (t == null) {
      throw new IllegalArgumentException(
          what + " '" + name + "' (" + type + ") is missing; given are " + given.keySet());
    }
    if (!type.ragged()) {
      check(what, name, type, t);
    }
    return t;
  }

  private static void check(String what, String name, Type type, HostTensor found) {
    if (!found.type().equals(type)) {
      throw new IllegalArgumentException(
          what + " '" + name + "' must be " + type + ", found " + found.type());
    }
  }
}
