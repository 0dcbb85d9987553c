package dev.retrograde.ir;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Ops that a user defines with a loop nest of their own.
///
/// What such an op means is its *reference form*: a program that the interpreter runs and that
/// every target can compile. A loop nest only says how a target may compute the same faster, so it
/// is given to targets, not here, and a target without it runs the reference form.
public sealed interface KernelOp extends Op {
  /// The definition of an op: shape rule, reference form, derivatives.
  ///
  /// A record, best of all: kernels of equal definitions on equal operands are merged. It must not
  /// hold values of a program, and answers may depend on its components and on types alone. Where
  /// it also implements `target.LoopNest`, compiled targets ask it for a loop nest.
  interface Definition {
    /// By which the text form refers to it; says all that distinguishes it from others.
    String name();

    /// Types of the results.
    ///
    /// @throws IllegalArgumentException with what was expected and found; [Emit] adds the place
    List<Type> infer(List<Type> operands);

    /// Appends the reference form and returns its results, of the types that [#infer] says. It uses
    /// the operands and nothing else, calls no function, and has no effects. `trace.Trace.over(e)`
    /// writes it as a layer is written.
    List<Value> reference(Emit e, List<Value> operands);

    /// The own reverse rule, which may use other kernels. Null, as by default, leaves it to reverse
    /// mode to run the reference form again in the backward part and to differentiate it there:
    /// what is kept are the operands. A rule that says [Op#notDifferentiable] refuses.
    default @Nullable Vjp vjp() {
      return null;
    }

    /// The own forward rule. Null, as by default: that of the reference form.
    default @Nullable Jvp jvp() {
      return null;
    }

    /// Multiply-adds of one application.
    default long macs(List<Type> operands, List<Type> results) {
      return 0;
    }
  }

  /// As [Op#vjp].
  @FunctionalInterface
  interface Vjp {
    List<@Nullable Value> vjp(
        Emit e, Node node, List<@Nullable Value> cotangents, List<Boolean> wanted);
  }

  /// As [Op#jvp].
  @FunctionalInterface
  interface Jvp {
    List<@Nullable Value> jvp(Emit e, Node node, List<@Nullable Value> tangents);
  }

  /// One application of a definition. Always pure, never computed in place of an operand.
  record Kernel(Definition definition) implements KernelOp {
    @Override
    public String name() {
      return "Kernel(" + definition.name() + ")";
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return List.copyOf(definition.infer(in));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Vjp own = definition.vjp();
      if (own == null) {
        throw new AssertionError(n + " has no rule; its reference form is differentiated");
      }
      return own.vjp(e, n, cots, wanted);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Jvp own = definition.jvp();
      if (own == null) {
        throw new AssertionError(n + " has no rule; its reference form is differentiated");
      }
      return own.jvp(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> operands, List<Type> results) {
      throw new AssertionError(name() + " is run by its target, through its reference form");
    }

    @Override
    public long macs(List<Type> operands, List<Type> results) {
      return definition.macs(operands, results);
    }

    /// Appends the reference form on these operands; returns its results.
    ///
    /// @throws IllegalArgumentException where the form does not keep to what [Definition] demands
    public List<Value> reference(Emit e, List<Value> operands) {
      Emit own = e.nested();
      List<Value> results = List.copyOf(definition.reference(own, operands));
      List<Type> found = results.stream().map(Value::type).toList();
      List<Type> said = infer(operands.stream().map(Value::type).toList());
      if (!found.equals(said)) {
        throw fault("its reference form gives " + found + ", its shape rule says " + said);
      }
      List<Node> nodes = own.nodes();
      closed(new Block(operands, nodes, results));
      nodes.forEach(this::plain);
      e.nodes().addAll(nodes);
      return results;
    }

    /// The reference form as a block of its own, on operands of these types.
    public Block reference(List<Type> operands) {
      Emit e = new Emit();
      List<Value> params = operands.stream().map(e::parameter).toList();
      List<Value> results = reference(e, params);
      return new Block(params, e.nodes(), results);
    }

    private void closed(Block b) {
      Set<Value> outer = new HashSet<>(Uses.captured(b));
      b.params().forEach(p -> outer.removeAll(Uses.counts(p.type())));
      if (!outer.isEmpty()) {
        throw fault(
            "its reference form uses "
                + new ArrayList<>(outer)
                + ", which are none of its operands; pass them as operands");
      }
    }

    private void plain(Node n) {
      if (!n.op().pure() || n.op() instanceof ControlOp.Call) {
        throw fault(
            "its reference form may neither call functions nor ordered Java code, found "
                + n.op().name());
      }
      n.blocks().forEach(b -> b.nodes().forEach(this::plain));
    }

    private IllegalArgumentException fault(String what) {
      return new IllegalArgumentException("kernel '" + definition.name() + "': " + what);
    }
  }
}
