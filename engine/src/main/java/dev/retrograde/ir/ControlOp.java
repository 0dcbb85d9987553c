package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Control: ops with nested blocks, calls of functions, and calls out of the program.
///
/// Blocks use values of the surrounding blocks directly; what they receive as parameters is only
/// what changes from one run of the block to the next. A target runs blocks itself, so these ops
/// have no evaluation of their own, except [Foreign].
public sealed interface ControlOp extends Op {
  /// Trips of a loop that has no known bound.
  int UNBOUNDED = Integer.MAX_VALUE;

  @Override
  default List<Type> infer(List<Type> operands) {
    throw new IllegalArgumentException("its nested blocks are missing");
  }

  @Override
  default List<HostTensor> eval(List<HostTensor> operands, List<Type> results) {
    throw new AssertionError(name() + " is run by its target, block by block");
  }

  /// One of two blocks without parameters, by a bool scalar: `[condition]` gives the results of the
  /// first block where it is true, else of the second. Reverse and forward mode differentiate both
  /// blocks and choose again.
  record If() implements ControlOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Control.scalar("the condition", DType.BOOL, in);
      Control.count(blocks, 2);
      Control.types("parameters of a branch", List.of(), Control.of(blocks.get(0).params()));
      Control.types("parameters of a branch", List.of(), Control.of(blocks.get(1).params()));
      List<Type> yes = Control.of(blocks.get(0).results());
      Control.types("results of the second branch", yes, Control.of(blocks.get(1).results()));
      return yes;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.none(
          1); // The condition is a bool; captured values are reverse mode's part.
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(n.results().size());
    }
  }

  /// Runs its block a number of times: operands `[trips, carried...]` with trips an i32 scalar,
  /// block `(i, carried...) -> carried...` with i an i32 scalar from 0. No trip at all gives the
  /// initial values.
  ///
  /// @param bound the most trips there can be, or [#UNBOUNDED]
  record For(int bound) implements ControlOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Control.scalar("the number of trips", DType.I32, in);
      Control.count(blocks, 1);
      List<Type> carried = in.subList(1, in.size());
      List<Type> params = new ArrayList<>(List.of(Type.of(DType.I32)));
      params.addAll(carried);
      Control.types("parameters of the body", params, Control.of(blocks.get(0).params()));
      Control.types("results of the body", carried, Control.of(blocks.get(0).results()));
      return List.copyOf(carried);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }
  }

  /// Runs its second block while its first says so: operands `[carried...]`, blocks `(carried...)
  /// -> bool` and `(carried...) -> carried...`.
  ///
  /// @param bound the most trips there can be, or [#UNBOUNDED]
  record While(int bound) implements ControlOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Control.count(blocks, 2);
      for (Block b : blocks) {
        Control.types("parameters", in, Control.of(b.params()));
      }
      Control.types(
          "results of the condition",
          List.of(Type.of(DType.BOOL)),
          Control.of(blocks.get(0).results()));
      Control.types("results of the body", in, Control.of(blocks.get(1).results()));
      return List.copyOf(in);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }
  }

  /// Walks along axis 0: operands `[carried..., xs...]` with `xs: [trips, r...]`, block `(i,
  /// carried..., x...) -> carried..., y...` with `x: [r...]` the row of this trip; results
  /// `[carried..., ys...]` with `ys: [trips, r...]` the rows that were written. There may be no
  /// carried values (rows do not depend on each other) and no xs.
  ///
  /// @param carried how many values are carried
  /// @param reverse last row first
  record Scan(Extent trips, int carried, boolean reverse) implements ControlOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Control.count(blocks, 1);
      if (carried < 0 || carried > in.size()) {
        throw new IllegalArgumentException(
            carried + " carried values of " + in.size() + " operands");
      }
      List<Type> kept = in.subList(0, carried);
      List<Type> params = new ArrayList<>(List.of(Type.of(DType.I32)));
      params.addAll(kept);
      for (Type x : in.subList(carried, in.size())) {
        if (x.rank() < 1 || !x.extents().get(0).equals(trips)) {
          throw new IllegalArgumentException("axis 0 of " + x + " is not of size " + trips);
        }
        params.add(x.without(List.of(0)));
      }
      Block body = blocks.get(0);
      Control.types("parameters of the body", params, Control.of(body.params()));
      List<Type> results = Control.of(body.results());
      if (results.size() < carried) {
        throw new IllegalArgumentException("the body returns fewer than the carried values");
      }
      Control.types("carried results of the body", kept, results.subList(0, carried));
      List<Type> out = new ArrayList<>(kept);
      for (Type y : results.subList(carried, results.size())) {
        List<Extent> e = new ArrayList<>(List.of(trips));
        e.addAll(y.extents());
        out.add(y.with(e));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }
  }

  /// Calls a function of the program, which may call itself or others.
  ///
  /// @param ordered whether the function, or one that it calls, calls an ordered [Foreign]
  /// @param types of the results, stated because a function may be called before it is complete
  record Call(String function, boolean ordered, List<Type> types) implements ControlOp {
    public Call {
      types = List.copyOf(types);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return types;
    }

    @Override
    public boolean pure() {
      return !ordered;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.SPLIT);
    }
  }

  /// Nodes with a reverse rule of their own. The first block is the forward part, `(args...) ->
  /// outputs..., residuals...`; all its results are results of the node. The second is the rule,
  /// `(residuals..., cotangents...) -> cotangents of args...`: it receives a cotangent for each
  /// output that carries its own and returns one for each floating operand. It is not run but
  /// copied into the backward pass.
  ///
  /// @param rule its name
  /// @param outputs how many of the results are outputs
  /// @param companions for each output the output that carries its gradient: itself, or another
  ///   one, such as the count beside a spike train; cotangents that arrive at the former are
  ///   dropped
  record Region(String rule, int outputs, List<Integer> companions) implements ControlOp {
    public Region {
      companions = List.copyOf(companions);
      if (companions.size() != outputs) {
        throw new IllegalArgumentException(
            outputs + " outputs, but companions " + companions + "; name one for each output");
      }
      for (int c : companions) {
        if (c < 0 || c >= outputs || companions.get(c) != c) {
          throw new IllegalArgumentException(
              "companion " + c + " is not an output that carries its own gradient: " + companions);
        }
      }
    }

    /// Whether output i receives a cotangent.
    public boolean carries(int i, Type t) {
      return companions.get(i) == i && t.dtype().isFloat();
    }

    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Control.count(blocks, 2);
      Block forward = blocks.get(0);
      Control.types("parameters of the forward part", in, Control.of(forward.params()));
      List<Type> results = Control.of(forward.results());
      if (results.size() < outputs) {
        throw new IllegalArgumentException(
            "the forward part returns "
                + results.size()
                + " values, but has "
                + outputs
                + " outputs");
      }
      List<Type> params = new ArrayList<>(results.subList(outputs, results.size()));
      for (int i = 0; i < outputs; i++) {
        if (companions.get(i) != i && !results.get(companions.get(i)).dtype().isFloat()) {
          throw new IllegalArgumentException(
              "companion "
                  + companions.get(i)
                  + " is "
                  + results.get(companions.get(i))
                  + " and cannot carry a gradient; a floating type is expected");
        }
        if (carries(i, results.get(i))) {
          params.add(results.get(i));
        }
      }
      Control.types("parameters of the rule", params, Control.of(blocks.get(1).params()));
      Control.types(
          "results of the rule",
          in.stream().filter(t -> t.dtype().isFloat()).toList(),
          Control.of(blocks.get(1).results()));
      return results;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<Value> args = new ArrayList<>(n.results().subList(outputs, n.results().size()));
      boolean any = false;
      for (int i = 0; i < outputs; i++) {
        Value y = n.results().get(i);
        if (carries(i, y.type())) {
          Value c = cots.get(i);
          any |= c != null;
          args.add(c == null ? e.zeros(y.type()) : c);
        }
      }
      if (!any) {
        return Derivatives.none(n.operands().size());
      }
      List<Value> back = new Cloner(e).inline(n.blocks().get(1), args);
      List<@Nullable Value> out = new ArrayList<>();
      int at = 0;
      for (Value x : n.operands()) {
        out.add(x.type().dtype().isFloat() ? back.get(at++) : null);
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(
          n, "its rule '" + rule + "' gives cotangents, not tangents; use reverse mode");
    }
  }

  /// A control op that uses nothing from outside: the last `captured` operands arrive as the last
  /// parameters of each block. Compiling makes it of every control op, so that whatever a body
  /// needs is an operand like any other.
  record Closed(ControlOp op, int captured) implements ControlOp {
    @Override
    public String name() {
      return op.name();
    }

    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      List<Type> outer = in.subList(in.size() - captured, in.size());
      List<Block> open = new ArrayList<>();
      for (Block b : blocks) {
        List<Value> params = b.params();
        int own = params.size() - captured;
        if (own < 0) {
          throw new IllegalArgumentException(
              "a block of " + params.size() + " parameters cannot take " + captured + " captured");
        }
        Control.types("captured", outer, Control.of(params.subList(own, params.size())));
        open.add(new Block(params.subList(0, own), b.nodes(), b.results()));
      }
      return op.infer(in.subList(0, in.size() - captured), open);
    }

    @Override
    public boolean pure() {
      return op.pure();
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.CLOSED);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.CLOSED);
    }
  }

  /// Java code that a program calls.
  @FunctionalInterface
  interface Callback {
    /// Results for operands; the operands are not to be changed or kept.
    HostTensor[] call(HostTensor[] operands);
  }

  /// Calls Java code.
  ///
  /// @param box its name, by which the text form refers to it
  /// @param ordered whether it does more than compute its results: it is then called exactly once
  ///   for each time it is reached, in the program's order, and never cloned, merged or removed
  /// @param types of the results
  record Foreign(String box, Callback callback, boolean ordered, List<Type> types)
      implements ControlOp {
    public Foreign {
      types = List.copyOf(types);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return types;
    }

    @Override
    public boolean pure() {
      return !ordered;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Op.notDifferentiable(n, Control.BOXES);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Op.notDifferentiable(n, Control.BOXES);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor[] out = callback.call(in.toArray(HostTensor[]::new));
      List<Type> found = java.util.Arrays.stream(out).map(HostTensor::type).toList();
      if (!found.equals(results)) {
        throw new IllegalStateException(
            "foreign '" + box + "' returned " + found + ", declared are " + results);
      }
      return List.of(out);
    }
  }

  /// What the control ops share.
  final class Control {
    static final String CLOSED = "it is made by compiling; differentiate the program before";
    static final String SPLIT =
        "its blocks are differentiated by reverse and forward mode, which split them; its own rule"
            + " is never asked";
    static final String BOXES = "Java code has no derivative; put it in a region with a rule";

    private Control() {}

    static List<Type> of(List<Value> values) {
      return values.stream().map(Value::type).toList();
    }

    static void scalar(String what, DType d, List<Type> in) {
      if (in.isEmpty() || !in.get(0).equals(Type.of(d))) {
        throw new IllegalArgumentException(
            what + " is " + Type.of(d) + ", found " + (in.isEmpty() ? "nothing" : in.get(0)));
      }
    }

    static void count(List<Block> blocks, int n) {
      if (blocks.size() != n) {
        throw new IllegalArgumentException("expected " + n + " blocks, found " + blocks.size());
      }
    }

    static void types(String what, List<Type> expected, List<Type> found) {
      if (!expected.equals(found)) {
        throw new IllegalArgumentException(what + " are " + found + ", expected " + expected);
      }
    }
  }
}
