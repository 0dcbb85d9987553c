package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Makes code for one row code for `width` rows at once, on a new axis 0.
///
/// A value is *varying* if it depends on a parameter; it then becomes *rows*, `[width, r...]`. What
/// does not vary stays as it is and meets rows by a broadcast, or better: a product of rows with a
/// matrix that does not vary is one product of a taller matrix. Nodes are written only when
/// something asks for their rows, so that a sum over rows ([#sum]) can go another way: the sum of
/// outer products is one product, and the outer products are never there.
///
/// A branch on a varying condition computes both sides and selects.
public final class Vectorise {
  private final Emit e;
  private final int width;
  private final Map<Value, Node> makers = new HashMap<>();
  private final Map<Node, Integer> places = new HashMap<>();
  private final Set<Value> varying = new HashSet<>();
  private final Map<Value, Value> rows = new HashMap<>();
  private final Map<Value, Value> same = new HashMap<>();
  private final RowRules rules;

  /// @param e what rows are appended to
  public Vectorise(Emit e, int width) {
    this.e = e;
    this.width = width;
    this.rules = new RowRules(e, width);
  }

  private Vectorise(Emit e, Vectorise outer) {
    this(e, outer.width);
    makers.putAll(outer.makers);
    places.putAll(outer.places);
    varying.addAll(outer.varying);
    rows.putAll(outer.rows);
    same.putAll(outer.same);
  }

  /// Whether nodes that need no other node are run all at once: where the form says that all nodes
  /// are, and where it wants it of what needs no order and their block allows it.
  static boolean atOnce(Emit e, TreeOp.Form form, Block b) {
    return form.batched() || (form.deferred() && possible(e, b));
  }

  /// Whether a block has a form for many nodes.
  private static boolean possible(Emit e, Block b) {
    Emit nowhere = e.nested();
    RowRules two = new RowRules(nowhere, 2);
    List<Value> args =
        b.params().stream().map(p -> nowhere.parameter(two.lifted(p.type()))).toList();
    try {
      new Vectorise(nowhere, 2).with(b, args).rows(b.results());
      return true;
    } catch (RowRules.Refused refused) {
      return false;
    }
  }

  /// From now on rows of this block's values can be asked for.
  ///
  /// @param args for its parameters, rows all of them
  /// @return this
  public Vectorise with(Block b, List<Value> args) {
    for (int i = 0; i < args.size(); i++) {
      varying.add(b.params().get(i));
      rows.put(b.params().get(i), args.get(i));
    }
    know(b);
    return this;
  }

  /// Makes the nodes of a block without parameters known; a second time does nothing.
  void know(Block b) {
    for (Node n : b.nodes()) {
      places.putIfAbsent(n, places.size());
      n.results().forEach(r -> makers.put(r, n));
      if (Uses.all(n).stream().anyMatch(varying::contains)) {
        varying.addAll(n.results());
      }
    }
  }

  /// Rows of a value; of one that does not vary equal ones.
  public Value rows(Value v) {
    require(v);
    Value made = rows.get(v);
    return made != null ? made : rules.repeat(one(v));
  }

  public List<Value> rows(List<Value> values) {
    return values.stream().map(this::rows).toList();
  }

  /// The sum of a value's rows.
  ///
  /// @param live which rows count, bool[width]; null for all. A row that does not count repeats one
  ///   that does: it must not hold anything worse, since zero times NaN is NaN
  public Value sum(Value v, @Nullable Value live) {
    return new RowSums(this, rules, live, false).sum(v);
  }

  /// Where nodes go.
  Emit emit() {
    return e;
  }

  int width() {
    return width;
  }

  boolean varies(Value v) {
    return varying.contains(v);
  }

  @Nullable Node maker(Value v) {
    return makers.get(v);
  }

  /// A value that does not vary, as the emitter knows it.
  Value one(Value v) {
    require(v);
    return same.getOrDefault(v, v);
  }

  /// Writes what a value needs and is not there, in the block's order.
  private void require(Value v) {
    TreeMap<Integer, Node> todo = new TreeMap<>();
    Deque<Value> open = new ArrayDeque<>(List.of(v));
    while (!open.isEmpty()) {
      Value w = open.pop();
      Node n = makers.get(w);
      if (n != null && !rows.containsKey(w) && !same.containsKey(w)) {
        if (todo.put(place(n), n) == null) {
          open.addAll(Uses.all(n));
        }
      }
    }
    todo.values().forEach(this::write);
  }

  private int place(Node n) {
    Integer at = places.get(n);
    if (at == null) {
      throw new AssertionError(n + " is of no block that is vectorised");
    }
    return at;
  }

  private void write(Node n) {
    if (n.results().stream().noneMatch(varying::contains)) {
      Cloner c = new Cloner(e);
      Uses.all(n).forEach(v -> c.put(v, same.getOrDefault(v, v)));
      put(n, c.node(n), same);
      return;
    }
    if (!n.pure()) {
      throw RowRules.refuse(n, "it calls ordered Java code");
    }
    if (n.results().stream().anyMatch(r -> r.type().ragged())) {
      throw RowRules.refuse(n, "its result has a size known only at run time");
    }
    e.origin(n.origin().with(e.origin().phase()));
    put(n, n.op() instanceof ControlOp c ? control(c, n) : rules.apply(n, arguments(n)), rows);
  }

  private static void put(Node n, List<Value> made, Map<Value, Value> into) {
    for (int i = 0; i < made.size(); i++) {
      into.put(n.results().get(i), made.get(i));
    }
  }

  private List<RowRules.Argument> arguments(Node n) {
    List<RowRules.Argument> out = new ArrayList<>();
    for (Value v : n.operands()) {
      Value r = rows.get(v);
      out.add(new RowRules.Argument(r == null ? same.getOrDefault(v, v) : r, r != null));
    }
    return out;
  }

  private List<Value> control(ControlOp op, Node n) {
    return switch (op) {
      case ControlOp.If i -> branch(n);
      case ControlOp.Region r ->
          e.addAll(r, rows(n.operands()), List.of(inside(n, 0), inside(n, 1)));
      case ControlOp.For f -> throw RowRules.refuse(n, RowRules.LOOP);
      case ControlOp.While w -> throw RowRules.refuse(n, RowRules.LOOP);
      case ControlOp.Scan s -> throw RowRules.refuse(n, RowRules.LOOP);
      case ControlOp.Call c ->
          throw RowRules.refuse(n, "it calls a function; call the Java method");
      case ControlOp.Closed c ->
          throw new AssertionError(n + " was closed before trees were loops");
      case ControlOp.Foreign f -> throw RowRules.refuse(n, "it calls Java code");
    };
  }

  private List<Value> branch(Node n) {
    Value condition = n.operand(0);
    if (!varying.contains(condition)) {
      return e.addAll(n.op(), List.of(one(condition)), List.of(inside(n, 0), inside(n, 1)));
    }
    n.blocks().forEach(this::know);
    List<Value> yes = rows(n.blocks().get(0).results());
    List<Value> no = rows(n.blocks().get(1).results());
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < yes.size(); i++) {
      out.add(rules.select(rows(condition), yes.get(i), no.get(i)));
    }
    return out;
  }

  /// A nested block whose parameters and results are all rows.
  private Block inside(Node n, int which) {
    Block b = n.blocks().get(which);
    Emit g = e.nested();
    List<Value> params = new ArrayList<>();
    for (Value p : b.params()) {
      params.add(g.parameter(rules.lifted(p.type())));
    }
    List<Value> results = new Vectorise(g, this).with(b, params).rows(b.results());
    return new Block(params, g.nodes(), results);
  }
}
