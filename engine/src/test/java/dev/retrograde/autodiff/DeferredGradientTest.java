package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Gradients of matrices in loops and functions, formed from ledgers.
class DeferredGradientTest {
  private static final DType F = DType.F64;
  private static final Type ROW = Type.of(F, 1, 3);
  private static final Type INT = Type.of(DType.I32);
  private static final Type MATRIX = Type.of(F, 3, 3);

  private static Tensor cell(Trace t, Tensor h, Tensor w) {
    return t.apply(Functions.TANH, t.add(t.matmul(h, w), t.mul(h, 0.3)));
  }

  private static GradientCheck loop(int trips) {
    return GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              List<Tensor> r =
                  c.whileLoop(
                      1000,
                      List.of(in.get("h"), in.get("n")),
                      v -> t.less(t.constant(DType.I32, 0), v.get(1)),
                      v ->
                          List.of(
                              c.cond(
                                      t.less(t.sum(v.get(0)), t.constant(F, 0.1)),
                                      () -> List.of(cell(t, v.get(0), in.get("w"))),
                                      () ->
                                          List.of(
                                              cell(t, cell(t, v.get(0), in.get("w")), in.get("u"))))
                                  .get(0),
                              t.add(v.get(1), -1)));
              return t.add(t.sum(r.get(0)), t.sum(t.mul(in.get("w"), in.get("w"))));
            })
        .input("n", HostTensor.scalar(DType.I32, trips))
        .input("h", ScanGradientTest.random(1, 1, 3))
        .state("w", ScanGradientTest.random(2, 3, 3))
        .state("u", ScanGradientTest.random(3, 3, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  void aLoopAgainstCentralDifferences(int trips) {
    loop(trips).check();
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 65, 150})
  void aLoopOfManyTripsAgainstTheStrictOrder(int trips) {
    same(loop(trips));
  }

  private static void same(GradientCheck c) {
    Map<String, HostTensor> strict = c.run(c.joint(Reverse.Options.STRICT));
    Map<String, HostTensor> deferred = c.run(c.joint(Reverse.Options.DEFAULT));
    strict.forEach((name, v) -> {
      for (int i = 0; i < v.size(); i++) {
        assertThat(deferred.get(name).get(i)).as(name + i).isCloseTo(v.get(i), within(1e-12));
      }
    });
  }

  @Test
  void aLoopCarriesNoSumOfTheMatrixsSize() {
    assertThat(carried(loop(2).joint(Reverse.Options.STRICT))).isTrue();
    assertThat(carried(loop(2).joint(Reverse.Options.DEFAULT))).isFalse();
  }

  private static boolean carried(Program p) {
    return p.nodes().stream()
        .filter(n -> n.op() instanceof ControlOp.For)
        .flatMap(n -> n.results().stream())
        .anyMatch(v -> v.type().equals(MATRIX));
  }

  /// A chain of calls, two at each level: 2^n - 1 products.
  private static GradientCheck calls(int n) {
    return GradientCheck.of(
            (t, in) -> {
              Callable f = new Control(t).function("f", false, List.of(INT, ROW), List.of(ROW));
              f.define(a ->
                  new Control(t)
                      .cond(
                          t.less(a.get(0), t.constant(DType.I32, 1)),
                          () -> List.of(a.get(1)),
                          () -> {
                            Tensor m = t.add(a.get(0), -1);
                            Tensor l = f.call(m, t.mul(a.get(1), 0.9)).get(0);
                            Tensor r = f.call(m, t.mul(l, 0.8)).get(0);
                            return List.of(cell(t, t.add(l, r), in.get("w")));
                          }));
              // Called twice alike: the second call takes the twins of the first.
              Tensor first = f.call(in.get("n"), in.get("h")).get(0);
              return t.sum(f.call(in.get("n"), first).get(0));
            })
        .input("n", HostTensor.scalar(DType.I32, n))
        .input("h", ScanGradientTest.random(1, 1, 3))
        .state("w", ScanGradientTest.random(2, 3, 3));
  }

  @Test
  void aFunctionAgainstCentralDifferencesAndTheStrictOrder() {
    calls(0).check();
    calls(3).check();
    same(calls(7));
  }

  @Test
  void aFunctionTakesNoSumOfTheMatrixsSize() {
    Program strict = calls(3).joint(Reverse.Options.STRICT);
    Program deferred = calls(3).joint(Reverse.Options.DEFAULT);
    assertThat(strict.functions()).containsOnlyKeys("f", "f.forward", "f.backward");
    assertThat(deferred.functions()).containsOnlyKeys("f", "f.forward", "f.backward");
    assertThat(values(strict.functions().get("f.backward"))).anyMatch(DeferredGradientTest::matrix);
    assertThat(values(deferred.functions().get("f.backward")))
        .noneMatch(DeferredGradientTest::matrix);
  }

  private static boolean matrix(Value v) {
    return v.type().equals(MATRIX);
  }

  private static Stream<Value> values(Block b) {
    return Stream.concat(
        b.params().stream(), b.nodes().stream().flatMap(DeferredGradientTest::values));
  }

  private static Stream<Value> values(Node n) {
    return Stream.concat(
        n.results().stream(), n.blocks().stream().flatMap(DeferredGradientTest::values));
  }

  @Test
  void hessianVectorProductsGoThroughTapes() {
    SecondOrderTest.check(
        (t, x) -> {
          Tensor w = t.reshape(x, 3, 3);
          Tensor h =
              new Control(t)
                  .forLoop(
                      t.constant(DType.I32, 3),
                      List.of(t.broadcast(t.constant(F, 0.4), ROW.extents())),
                      (i, v) -> List.of(cell(t, v.get(0), w)))
                  .get(0);
          return t.sum(t.mul(h, h));
        },
        0.5,
        0.7,
        -0.4,
        1.1,
        0.9,
        0.2,
        -0.3,
        0.6,
        0.1);
  }
}
