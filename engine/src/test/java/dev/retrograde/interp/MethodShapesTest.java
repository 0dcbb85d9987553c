package dev.retrograde.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Kept;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Selection;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The forms that later methods need exactly: each is traced, verified, printed, parsed and run.
class MethodShapesTest {
  private static final DType F = DType.F64;

  /// Verified, and equal to what its own text says.
  static Program checked(Program p, Map<String, ControlOp.Callback> boxes) {
    String text = Printer.print(Verifier.verify(p));
    Program again = Verifier.verify(Parser.parse(text, boxes));
    assertThat(Printer.print(again)).isEqualTo(text);
    return again;
  }

  private static HostTensor f(int[] dims, double... v) {
    return HostTensor.of(Type.of(F, dims), v);
  }

  private static int[] d(int... dims) {
    return dims;
  }

  /// An integrate-and-fire layer: the train of spikes is the result, and its gradient flows through
  /// the number of spikes of each neuron, whose derivative is taken to be 1 over the threshold.
  @Test
  void aSpikeTrainCarriesItsGradientInACompanionCount() {
    int steps = 4;
    Program p =
        Trace.program(
            "spikes",
            true,
            t -> {
              Control c = new Control(t);
              Tensor current = t.input("current", Type.of(F, 3));
              List<Tensor> out =
                  c.region(
                      "spike counts",
                      List.of(current),
                      args -> {
                        Tensor zero = t.zeros(args.get(0).type());
                        Stepped s =
                            c.scan(
                                Extent.of(steps),
                                false,
                                List.of(zero, zero),
                                List.of(),
                                (i, carried, rows) -> {
                                  Tensor v = t.add(carried.get(0), args.get(0));
                                  Tensor fires = t.lessEqual(t.constant(F, 1), v);
                                  Tensor spike = t.cast(fires, F);
                                  return new Stepped(
                                      List.of(t.sub(v, spike), t.add(carried.get(1), spike)),
                                      List.of(spike));
                                });
                        Tensor train = s.rows().get(0);
                        Tensor count = s.carried().get(1);
                        return Kept.of(List.of(train, count), List.of()).withCompanion(0, 1);
                      },
                      (kept, dy) -> List.of(t.mul(dy.get(0), 4)));
              Tensor weights = t.constant(F, 2);
              // The train's own cotangent is dropped: only the count's arrives at the rule.
              Tensor loss = t.add(t.sum(t.mul(out.get(1), weights)), t.sum(t.mul(out.get(0), 100)));
              t.output("train", out.get(0));
              t.output("count", out.get(1));
              Map<String, Value> g =
                  Reverse.gradients(
                      t.emit(), t.nodes(), loss.value(), Map.of("current", current.value()));
              t.output("gradient", new Tensor(g.get("current")));
            });
    Map<String, HostTensor> out =
        Interpreter.run(checked(p, Map.of()), Map.of("current", f(d(3), 0.5, 0.25, 1)), Map.of())
            .outputs();
    assertThat(out.get("train").toDoubles()).containsExactly(0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1);
    assertThat(out.get("count").toDoubles()).containsExactly(2, 1, 4);
    assertThat(out.get("gradient").toDoubles()).containsExactly(8, 8, 8);
  }

  @Test
  void aScanUpdatesACarriedWeightMatrix() {
    Program p =
        Trace.program(
            "hebb",
            true,
            t -> {
              Control c = new Control(t);
              Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 2, 2), new Init.Fill(0));
              Tensor xs = t.input("xs", Type.of(F, 3, 2));
              Stepped s =
                  c.scan(
                      List.of(w),
                      List.of(xs),
                      (i, carried, rows) -> {
                        Tensor x = rows.get(0);
                        Tensor y =
                            t.op(LinearOp.Contract.matmul(), carried.get(0), t.reshape(x, 2, 1));
                        Tensor outer = t.mul(t.reshape(x, 2, 1), t.reshape(x, 1, 2));
                        return new Stepped(
                            List.of(t.add(carried.get(0), outer)), List.of(t.reshape(y, 2)));
                      });
              t.assign("w", s.carried().get(0));
              t.output("ys", s.rows().get(0));
            });
    Interpreter.Result r =
        Interpreter.run(
            checked(p, Map.of()),
            Map.of("xs", f(d(3, 2), 1, 0, 1, 1, 0, 2)),
            Map.of("w", f(d(2, 2), 0, 0, 0, 0)));
    assertThat(r.updates().get("w").toDoubles()).containsExactly(2, 1, 1, 5);
    assertThat(r.outputs().get("ys").toDoubles()).containsExactly(0, 0, 1, 0, 2, 2);
  }

  /// A black box in a region: its rule calls it once more, on k + 1 rows, and builds the cotangent
  /// from differences along k directions.
  @Test
  void aRuleCallsABoxKPlusOneTimesInOneBatch() {
    List<Integer> batches = new ArrayList<>();
    ControlOp.Callback box =
        x -> {
          batches.add(x[0].dim(0));
          return new HostTensor[] {HostTensor.fill(x[0].type(), i -> x[0].get(i) * x[0].get(i))};
        };
    int n = 2;
    double h = 1e-6;
    Program p =
        Trace.program(
            "sensed",
            true,
            t -> {
              Control c = new Control(t);
              Tensor x = t.input("x", Type.of(F, n));
              List<Tensor> out =
                  c.region(
                      "sensing",
                      List.of(x),
                      args -> {
                        Tensor row = t.reshape(args.get(0), 1, n);
                        Tensor y = c.foreign("square", true, List.of(row.type()), box, row).get(0);
                        return Kept.of(List.of(t.reshape(y, n)), List.of(args.get(0)));
                      },
                      (kept, dy) -> {
                        Tensor steps =
                            new Tensor(t.emit().literal(f(d(n + 1, n), 0, 0, h, 0, 0, h)));
                        Tensor probes = t.add(steps, kept.get(0));
                        Tensor ys =
                            c.foreign("square", true, List.of(probes.type()), box, probes).get(0);
                        Tensor base = t.slice(ys, List.of(0, 0), List.of(1, n));
                        Tensor moved = t.slice(ys, List.of(1, 0), List.of(n, n));
                        Tensor jacobian = t.mul(t.sub(moved, base), 1 / h);
                        return List.of(t.sum(t.mul(jacobian, dy.get(0)), 1));
                      });
              Tensor loss = t.sum(out.get(0));
              Map<String, Value> g =
                  Reverse.gradients(t.emit(), t.nodes(), loss.value(), Map.of("x", x.value()));
              t.output("loss", loss);
              t.output("gradient", new Tensor(g.get("x")));
            });
    Map<String, HostTensor> out =
        Interpreter.run(checked(p, Map.of("square", box)), Map.of("x", f(d(2), 3, -1)), Map.of())
            .outputs();
    assertThat(out.get("loss").toDoubles()).containsExactly(10);
    assertThat(out.get("gradient").get(0)).isCloseTo(6, within(1e-5));
    assertThat(out.get("gradient").get(1)).isCloseTo(-2, within(1e-5));
    assertThat(batches).containsExactly(1, n + 1);
  }

  @Test
  void twoProgramsShareOneState() {
    Program step =
        checked(
            Trace.program(
                "step",
                true,
                t -> {
                  Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 2), new Init.Fill(1));
                  Tensor n = t.state("n", Role.STATISTIC, Type.of(DType.I32), new Init.Fill(0));
                  t.assign("w", t.add(w, t.input("x", Type.of(F, 2))));
                  t.assign("n", t.add(n, 1));
                }),
            Map.of());
    Program predict =
        checked(
            Trace.program(
                "predict",
                false,
                t -> {
                  Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 2), new Init.Fill(1));
                  t.output("y", t.mul(w, t.input("x", Type.of(F, 2))));
                }),
            Map.of());
    assertThat(predict.state().get(0).entry()).isEqualTo(step.state().get(0).entry());
    Map<String, HostTensor> store = new HashMap<>();
    store.put("w", f(d(2), 1, 1));
    store.put("n", HostTensor.scalar(DType.I32, 0));
    Map<String, HostTensor> x = Map.of("x", f(d(2), 2, 3));
    store.putAll(Interpreter.run(step, x, store).updates());
    assertThat(Interpreter.run(predict, x, store).outputs().get("y").toDoubles())
        .containsExactly(6, 12);
    store.putAll(Interpreter.run(step, x, store).updates());
    assertThat(Interpreter.run(predict, x, store).outputs().get("y").toDoubles())
        .containsExactly(10, 21);
    assertThat(store.get("n").toDoubles()).containsExactly(2);
  }

  @Test
  void aScanWithoutCarriedValuesWritesRows() {
    Program p =
        Trace.program(
            "rows",
            false,
            t -> {
              Control c = new Control(t);
              Tensor xs = t.input("xs", Type.of(F, 3, 2));
              Tensor scale = t.input("scale", Type.of(F));
              Stepped s =
                  c.scan(
                      List.of(),
                      List.of(xs),
                      (i, carried, rows) ->
                          new Stepped(List.of(), List.of(t.mul(rows.get(0), scale), i)));
              t.output("ys", s.rows().get(0));
              t.output("is", s.rows().get(1));
            });
    Map<String, HostTensor> in =
        Map.of("xs", f(d(3, 2), 1, 2, 3, 4, 5, 6), "scale", HostTensor.scalar(F, 10));
    Map<String, HostTensor> out = Interpreter.run(checked(p, Map.of()), in, Map.of()).outputs();
    assertThat(out.get("ys").toDoubles()).containsExactly(10, 20, 30, 40, 50, 60);
    assertThat(out.get("is").toDoubles()).containsExactly(0, 1, 2);
  }

  /// Columns chosen at run time: the contraction visits as many as there are.
  @Test
  void aContractionHasARaggedInnerExtent() {
    Program p =
        Trace.program(
            "columns",
            true,
            t -> {
              Tensor a = t.input("a", Type.of(F, 4, 2));
              Tensor b = t.input("b", Type.of(F, 4, 3));
              Selection s = Selection.compact(t, t.input("mask", Type.of(DType.BOOL, 4)));
              Tensor left = s.gather(t, a);
              Tensor right = s.gather(t, b);
              LinearOp.Contract c =
                  new LinearOp.Contract(List.of(), List.of(), List.of(0), List.of(0));
              Tensor y = t.op(c, left, right);
              assertThat(y.type()).isEqualTo(Type.of(F, 2, 3));
              t.output("y", y);
              t.output("count", s.count());
              t.output("rows", t.sum(left, 0));
              Value loss = t.sum(y).value();
              Map<String, Value> g =
                  Reverse.gradients(t.emit(), t.nodes(), loss, Map.of("a", a.value()));
              t.output("da", new Tensor(g.get("a")));
            });
    HostTensor a = f(d(4, 2), 1, 2, 3, 4, 5, 6, 7, 8);
    HostTensor b = f(d(4, 3), 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1);
    Program q = checked(p, Map.of());
    for (int mask = 0; mask < 16; mask++) {
      int m = mask;
      HostTensor chosen = HostTensor.fill(Type.of(DType.BOOL, 4), i -> m >> i & 1);
      Map<String, HostTensor> out =
          Interpreter.run(q, Map.of("a", a, "b", b, "mask", chosen), Map.of()).outputs();
      double[] y = new double[6];
      double[] da = new double[8];
      for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 2 && (m >> k & 1) == 1; i++) {
          for (int j = 0; j < 3; j++) {
            y[i * 3 + j] += a.get(k * 2 + i) * b.get(k * 3 + j);
            da[k * 2 + i] += b.get(k * 3 + j);
          }
        }
      }
      assertThat(out.get("y").toDoubles()).containsExactly(y);
      assertThat(out.get("da").toDoubles()).containsExactly(da);
      assertThat(out.get("count").get(0)).isEqualTo(Integer.bitCount(m));
    }
  }

  @Test
  void rowsOfAStateAreUpdatedWhereASelectionSays() {
    Program p =
        Trace.program(
            "touch",
            true,
            t -> {
              t.state("table", Role.PARAMETER, Type.of(F, 4, 2), new Init.Fill(0));
              Tensor scores = t.input("scores", Type.of(F, 4));
              Selection s = Selection.top(t, scores, 3, t.input("k", Type.of(DType.I32)));
              Tensor rows = s.gather(t, t.stateValue("table"));
              t.assign("table", t.add(rows, 1), s.indices());
              t.output("back", s.scatter(t, rows, 4));
            });
    Program q = checked(p, Map.of());
    HostTensor table = f(d(4, 2), 1, 1, 2, 2, 3, 3, 4, 4);
    Map<String, HostTensor> in =
        Map.of("scores", f(d(4), 5, 9, Double.NaN, 7), "k", HostTensor.scalar(DType.I32, 2));
    Interpreter.Result r = Interpreter.run(q, in, Map.of("table", table));
    assertThat(r.updates().get("table").toDoubles()).containsExactly(1, 1, 3, 3, 3, 3, 5, 5);
    assertThat(r.outputs().get("back").toDoubles()).containsExactly(0, 0, 2, 2, 0, 0, 4, 4);
    assertThat(q.nodes().stream().anyMatch(n -> n.op() instanceof MoveOp.Gather)).isTrue();
  }
}
