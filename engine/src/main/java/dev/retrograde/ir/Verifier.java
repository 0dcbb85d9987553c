package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Says whether a program is well formed: every value is made once and before it is used, types are
/// what the ops infer, counts of run-time sizes are i32 scalars that are there in time, updates fit
/// their entries, calls fit their functions.
///
/// A program that fails was made wrong by us, so failures are [AssertionError]s; they print the
/// node and its neighbours.
public final class Verifier {
  private final Program program;
  private final Set<Integer> ids = new HashSet<>();
  private final Set<Value> made = new HashSet<>();
  private final Set<Value> visible = new HashSet<>();
  private List<Node> around = List.of();
  private int at = -1;

  private Verifier(Program program) {
    this.program = program;
  }

  /// Returns the program if it is well formed.
  ///
  /// @throws AssertionError with what is wrong, where
  public static Program verify(Program p) {
    new Verifier(p).program();
    return p;
  }

  private void program() {
    Set<String> names = new HashSet<>();
    for (Program.StateParam s : program.state()) {
      if (!names.add(s.entry().name())) {
        fail("state '" + s.entry().name() + "' is declared twice");
      }
      if (!s.entry().type().equals(s.value().type())) {
        fail(
            "state '"
                + s.entry().name()
                + "' is "
                + s.entry().type()
                + ", its value "
                + s.value()
                + " is "
                + s.value().type());
      }
      define(s.value());
    }
    names.clear();
    for (Program.Named i : program.inputs()) {
      if (!names.add(i.name())) {
        fail("input '" + i.name() + "' is declared twice");
      }
      define(i.value());
    }
    program.state().forEach(s -> counts("state " + s.entry().name(), s.value().type()));
    program.inputs().forEach(i -> counts("input " + i.name(), i.value().type()));
    Set<Value> global = new HashSet<>(visible);
    for (Map.Entry<String, Block> f : program.functions().entrySet()) {
      block("function '" + f.getKey() + "'", f.getValue());
    }
    visible.retainAll(global);
    nodes(program.nodes());
    at = -1;
    names.clear();
    for (Program.Named o : program.outputs()) {
      if (!names.add(o.name())) {
        fail("output '" + o.name() + "' is declared twice");
      }
      use("output '" + o.name() + "'", o.value());
    }
    names.clear();
    for (Program.Update u : program.updates()) {
      update(u, names);
    }
  }

  private void update(Program.Update u, Set<String> names) {
    String what = "update of '" + u.entry() + "'";
    if (!names.add(u.entry())) {
      fail("state '" + u.entry() + "' is updated twice");
    }
    if (program.state().stream().noneMatch(s -> s.entry().name().equals(u.entry()))) {
      fail(what + ": there is no such state");
    }
    use(what, u.value());
    Type entry = program.stateValue(u.entry()).type();
    Value rows = u.rows();
    if (rows == null) {
      if (!u.value().type().equals(entry)) {
        fail(
            what
                + ": the entry is "
                + entry
                + ", the value "
                + u.value()
                + " is "
                + u.value().type());
      }
      return;
    }
    use(what, rows);
    if (rows.type().dtype() != DType.I32 || rows.type().rank() != 1 || entry.rank() < 1) {
      fail(what + ": rows are an i32 vector into axis 0 of " + entry + ", found " + rows.type());
    }
    List<Extent> expected = new ArrayList<>(rows.type().extents());
    expected.addAll(entry.extents().subList(1, entry.rank()));
    if (!u.value().type().equals(entry.with(expected))) {
      fail(
          what
              + ": rows of "
              + entry
              + " are "
              + entry.with(expected)
              + ", the value "
              + u.value()
              + " is "
              + u.value().type());
    }
  }

  private void nodes(List<Node> nodes) {
    List<Node> outerNodes = around;
    int outerAt = at;
    around = nodes;
    for (at = 0; at < nodes.size(); at++) {
      node(nodes.get(at));
    }
    around = outerNodes;
    at = outerAt;
  }

  private void node(Node n) {
    for (Value o : n.operands()) {
      use("an operand", o);
    }
    Attributes.counts(n.op(), c -> count("an attribute", c));
    for (Block b : n.blocks()) {
      block("a block of " + n.op().name(), b);
    }
    List<Type> inferred = List.of();
    try {
      inferred = n.op().infer(n.operands().stream().map(Value::type).toList(), n.blocks());
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      fail("the operands do not fit: " + e.getMessage());
    }
    List<Type> found = n.results().stream().map(Value::type).toList();
    if (!inferred.equals(found)) {
      fail("the results are " + found + ", the op infers " + inferred);
    }
    if (n.op() instanceof ControlOp.Call c) {
      call(n, c);
    }
    n.results().forEach(this::define);
    n.results().forEach(r -> counts("a result", r.type()));
  }

  private void call(Node n, ControlOp.Call c) {
    Block f = program.functions().get(c.function());
    if (f == null) {
      fail("there is no function '" + c.function() + "' in " + program.functions().keySet());
      return;
    }
    if (f.params().size() != n.operands().size()) {
      fail(
          "function '"
              + c.function()
              + "' takes "
              + f.params().size()
              + " operands, found "
              + n.operands().size());
    }
    // Counts among the parameters stand for the counts that the caller gives.
    Map<Value, Value> given = new HashMap<>();
    for (int i = 0; i < f.params().size(); i++) {
      given.put(f.params().get(i), n.operand(i));
    }
    for (int i = 0; i < f.params().size(); i++) {
      Type expected =
          Attributes.substitute(f.params().get(i).type(), v -> given.getOrDefault(v, v));
      if (!expected.equals(n.operand(i).type())) {
        fail(
            "operand "
                + i
                + " of function '"
                + c.function()
                + "' is "
                + n.operand(i).type()
                + ", expected "
                + expected);
      }
    }
    List<Type> results =
        f.results().stream()
            .map(r -> Attributes.substitute(r.type(), v -> given.getOrDefault(v, v)))
            .toList();
    if (!results.equals(c.types())) {
      fail("function '" + c.function() + "' returns " + results + ", the call says " + c.types());
    }
    if (!c.ordered() && !f.nodes().stream().allMatch(Node::pure)) {
      fail("function '" + c.function() + "' has ordered effects, the call says that it has none");
    }
  }

  private void block(String what, Block b) {
    Set<Value> before = new HashSet<>(visible);
    b.params().forEach(this::define);
    b.params().forEach(p -> counts("a parameter of " + what, p.type()));
    nodes(b.nodes());
    b.results().forEach(r -> use("a result of " + what, r));
    visible.retainAll(before);
  }

  private void define(Value v) {
    if (!made.add(v)) {
      fail(v + " is made twice");
    }
    if (!ids.add(v.id())) {
      fail("two values are called " + v);
    }
    visible.add(v);
  }

  private void use(String what, Value v) {
    if (!visible.contains(v)) {
      fail(
          what
              + " uses "
              + v
              + ", which "
              + (made.contains(v) ? "belongs to another block" : "is not made before"));
    }
  }

  private void counts(String what, Type t) {
    Attributes.counts(t, c -> count(what, c));
  }

  private void count(String what, Value c) {
    use("the run-time size of " + what, c);
    if (!c.type().equals(Type.of(DType.I32))) {
      fail(
          "the run-time size of "
              + what
              + " is "
              + c
              + " of type "
              + c.type()
              + ", expected i32[]");
    }
  }

  private void fail(String message) {
    StringBuilder s = new StringBuilder("program '").append(program.name()).append("': ");
    s.append(message);
    for (int i = Math.max(0, at - 2); at >= 0 && i < Math.min(around.size(), at + 3); i++) {
      s.append(i == at ? "\n> " : "\n  ").append(Printer.print(around.get(i)));
    }
    throw new AssertionError(s.toString());
  }
}
