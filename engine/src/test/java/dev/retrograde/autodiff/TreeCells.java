package dev.retrograde.autodiff;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.SampleTrees;
import dev.retrograde.ir.TreeOp.Form;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import dev.retrograde.trace.TreeControl.Tree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Programs that fold trees, for tests: a loss, its gradients `d.NAME` in all floating inputs, and,
/// if asked for, the Hessian times the inputs `v.NAME`, as `h.NAME`.
public final class TreeCells {
  public static final DType F = DType.F64;
  public static final int NODES = 12;
  private static final int WORDS = 5;
  private static final int HIDDEN = 3;

  private TreeCells() {}

  /// What a cell makes of a tree: a scalar loss.
  @FunctionalInterface
  public interface Cell {
    Tensor loss(Trace t, TreeControl c, Tree tree, Map<String, Tensor> inputs);
  }

  /// A cell with its floating inputs.
  public record Case(String name, Map<String, Type> inputs, Cell cell) {
    @Override
    public String toString() {
      return name;
    }

    /// The loss alone.
    public Program program(Form form) {
      return Trace.program(name, true, t -> loss(t, form, new LinkedHashMap<>()));
    }

    private Tensor loss(Trace t, Form form, Map<String, Tensor> in) {
      inputs.forEach((n, type) -> in.put(n, t.input(n, type)));
      in.put("words", t.input("words", Type.of(DType.I32, NODES)));
      Tree tree = Tree.input(t, "tree", NODES, NODES);
      Tensor loss = cell.loss(t, new TreeControl(t, form), tree, in);
      t.output("loss", loss);
      return loss;
    }

    /// The loss with its gradients and, if `second`, Hessian times vector.
    public Program program(Form form, boolean second) {
      return Trace.program(
          name,
          true,
          t -> {
            Map<String, Tensor> in = new LinkedHashMap<>();
            Tensor loss = loss(t, form, in);
            Map<String, Value> wrt = new LinkedHashMap<>();
            inputs.keySet().forEach(n -> wrt.put(n, in.get(n).value()));
            Map<String, Value> g = Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt);
            g.forEach((n, v) -> t.output("d." + n, new Tensor(v)));
            if (second) {
              Map<Value, Value> seeds = new HashMap<>();
              wrt.forEach((n, v) -> seeds.put(v, t.input("v." + n, v.type()).value()));
              Map<Value, Value> h = Forward.pushforward(t.emit(), t.nodes(), seeds);
              g.forEach((n, v) -> {
                Value along = h.get(v);
                if (along != null) {
                  t.output("h." + n, new Tensor(along));
                }
              });
            }
          });
    }

    /// Numbers for all inputs on this tree.
    public Map<String, HostTensor> numbers(SampleTrees tree, Random r, boolean second) {
      Map<String, HostTensor> in = tree.inputs(NODES, NODES);
      inputs.forEach((n, t) -> {
        in.put(n, HostTensor.fill(t, i -> 0.3 + 0.6 * r.nextDouble()));
        if (second) {
          in.put("v." + n, HostTensor.fill(t, i -> r.nextDouble() - 0.5));
        }
      });
      // Only leaves have words: reading that of an inner node is an error.
      in.put(
          "words",
          HostTensor.fill(
              Type.of(DType.I32, NODES),
              i ->
                  i < tree.count() && tree.left().get(i) < 0 && tree.right().get(i) < 0
                      ? r.nextInt(WORDS)
                      : -1));
      return in;
    }
  }

  /// Those whose bodies have no loops.
  public static List<Case> batchable() {
    return List.of(products(), lstm(), mixed(), repeated());
  }

  public static List<Case> all() {
    return List.of(products(), lstm(), mixed(), repeated(), halving());
  }

  /// Each node gives left times right times its value times p; a missing child is x.
  static Case products() {
    Map<String, Type> in = new LinkedHashMap<>();
    in.put("x", Type.of(F));
    in.put("p", Type.of(F));
    in.put("values", Type.of(F, NODES));
    return new Case(
        "products",
        in,
        (t, c, tree, v) ->
            root(
                t,
                c.fold(
                        tree,
                        List.of(v.get("x")),
                        (i, l, r) ->
                            List.of(
                                t.mul(
                                    t.mul(l.get(0), r.get(0)),
                                    t.mul(v.get("p"), at(t, v.get("values"), i)))))
                    .get(0)));
  }

  private static Tensor root(Trace t, Tensor table) {
    return t.op(new MoveOp.Gather(), table, t.constant(DType.I32, 0));
  }

  private static Tensor at(Trace t, Tensor table, Tensor i) {
    return t.op(new MoveOp.Gather(), table, i);
  }

  private static Tensor sigmoid(Trace t, Tensor x) {
    return t.apply(Functions.SIGMOID, x);
  }

  private static Tensor tanh(Trace t, Tensor x) {
    return t.apply(Functions.TANH, x);
  }

  /// A binary TreeLSTM with a loss at every node, by a factor of its own.
  static Case lstm() {
    int h = HIDDEN;
    Map<String, Type> in = new LinkedHashMap<>();
    in.put("embedding", Type.of(F, WORDS, h));
    in.put("leaf", Type.of(F, h, 3 * h));
    in.put("leafBias", Type.of(F, 3 * h));
    in.put("left", Type.of(F, h, 5 * h));
    in.put("right", Type.of(F, h, 5 * h));
    in.put("bias", Type.of(F, 5 * h));
    in.put("init", Type.of(F, h));
    in.put("factors", Type.of(F, NODES, h));
    return new Case(
        "lstm",
        in,
        (t, c, tree, v) -> {
          List<Tensor> made =
              c.fold(
                  tree,
                  List.of(v.get("init"), t.zeros(Type.of(F, h))),
                  i -> {
                    Tensor word = at(t, v.get("embedding"), at(t, v.get("words"), i));
                    Tensor g = t.add(t.matmul(word, v.get("leaf")), v.get("leafBias"));
                    Tensor cell = t.mul(gate(t, g, 0), tanh(t, part(t, g, 2)));
                    return List.of(t.mul(gate(t, g, 1), tanh(t, cell)), cell);
                  },
                  (i, l, r) -> {
                    Tensor g =
                        t.add(
                            t.add(
                                t.matmul(l.get(0), v.get("left")),
                                t.matmul(r.get(0), v.get("right"))),
                            v.get("bias"));
                    Tensor cell = t.mul(gate(t, g, 0), tanh(t, part(t, g, 4)));
                    cell = t.add(cell, t.mul(gate(t, g, 1), l.get(1)));
                    cell = t.add(cell, t.mul(gate(t, g, 2), r.get(1)));
                    return List.of(t.mul(gate(t, g, 3), tanh(t, cell)), cell);
                  });
          return t.sum(t.mul(t.mul(made.get(0), made.get(0)), v.get("factors")));
        });
  }

  private static Tensor part(Trace t, Tensor g, int k) {
    return t.slice(g, List.of(k * HIDDEN), List.of(HIDDEN));
  }

  private static Tensor gate(Trace t, Tensor g, int k) {
    return sigmoid(t, part(t, g, k));
  }

  /// A branch in the body, an integer state that counts nodes, a state that is handed through, what
  /// all nodes share, and a state that is the sum of three.
  static Case mixed() {
    Map<String, Type> in = new LinkedHashMap<>();
    in.put("w", Type.of(F, 2, 2));
    in.put("b", Type.of(F, 2));
    in.put("init", Type.of(F, 2));
    return new Case(
        "mixed",
        in,
        (t, c, tree, v) -> {
          Control control = new Control(t);
          Tensor one = t.constant(DType.I32, 1);
          List<Tensor> made =
              c.fold(
                  tree,
                  List.of(v.get("init"), v.get("b"), t.constant(DType.I32, 0)),
                  i -> List.of(t.mul(v.get("b"), t.mul(t.cast(i, F), 0.1)), v.get("init"), one),
                  (i, l, r) -> {
                    Tensor size = t.add(t.add(l.get(2), r.get(2)), one);
                    Tensor shared = t.transpose(t.mul(v.get("w"), v.get("w")), 1, 0);
                    Tensor y =
                        control
                            .cond(
                                t.less(l.get(2), r.get(2)),
                                () -> List.of(t.matmul(l.get(0), shared)),
                                () -> List.of(t.mul(r.get(0), r.get(1))))
                            .get(0);
                    Tensor scaled = t.div(t.add(tanh(t, y), v.get("b")), t.cast(size, F));
                    return List.of(scaled, l.get(0), size);
                  });
          List<Tensor> parts = new ArrayList<>();
          parts.add(t.sum(t.mul(made.get(0), t.exp(made.get(0)))));
          parts.add(t.sum(t.mul(made.get(1), made.get(0))));
          return t.add(parts.get(0), parts.get(1));
        });
  }

  /// Each inner node halves what its children give until it is small: a loop in the body.
  static Case halving() {
    Map<String, Type> in = new LinkedHashMap<>();
    in.put("x", Type.of(F, NODES));
    in.put("p", Type.of(F));
    return new Case(
        "halving",
        in,
        (t, c, tree, v) -> {
          Control control = new Control(t);
          Tensor limit = t.constant(F, 0.8);
          return root(
              t,
              c.fold(
                      tree,
                      List.of(v.get("p")),
                      i -> List.of(t.exp(at(t, v.get("x"), i))),
                      (i, l, r) ->
                          control.whileLoop(
                              20,
                              List.of(t.add(t.mul(l.get(0), v.get("p")), r.get(0))),
                              y -> t.less(limit, y.get(0)),
                              y -> List.of(t.mul(t.mul(y.get(0), v.get("p")), 0.5))))
                  .get(0));
        });
  }

  /// The tree is folded again and again in a loop, each time from what the last one gave, and only
  /// where a number is small.
  static Case repeated() {
    Map<String, Type> in = new LinkedHashMap<>();
    in.put("x", Type.of(F, NODES));
    in.put("w", Type.of(F, 2, 2));
    return new Case(
        "repeated",
        in,
        (t, c, tree, v) -> {
          Control control = new Control(t);
          Tensor start = t.broadcast(t.constant(F, 0.1), Type.of(F, 2).extents());
          Tensor last =
              control
                  .forLoop(
                      t.constant(DType.I32, 3),
                      List.of(start),
                      (trip, carried) ->
                          control.cond(
                              t.less(trip, t.constant(DType.I32, 2)),
                              () -> List.of(folded(t, c, tree, v, carried.get(0))),
                              () -> List.of(tanh(t, t.matmul(carried.get(0), v.get("w"))))))
                  .get(0);
          return t.sum(t.mul(last, last));
        });
  }

  private static Tensor folded(
      Trace t, TreeControl c, Tree tree, Map<String, Tensor> v, Tensor init) {
    return root(
        t,
        c.fold(
                tree,
                List.of(init),
                (i, l, r) -> {
                  Tensor sum = t.matmul(t.add(l.get(0), t.mul(r.get(0), 0.5)), v.get("w"));
                  return List.of(tanh(t, t.mul(sum, at(t, v.get("x"), i))));
                })
            .get(0));
  }
}
