package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Reverse mode of scans.
class ScanGradientTest {
  private static final DType F = DType.F64;

  static HostTensor random(long seed, int... dims) {
    Random r = new Random(seed);
    return HostTensor.fill(Type.of(F, dims), i -> r.nextDouble() - 0.5);
  }

  /// A recurrent cell over rows, with weights captured and a carried matrix.
  static GradientCheck cell(boolean reverse, int rows) {
    return GradientCheck.of(
            (t, in) -> {
              Stepped s =
                  new Control(t)
                      .scan(
                          Extent.of(rows),
                          reverse,
                          List.of(in.get("h")),
                          List.of(in.get("xs")),
                          (i, v, x) -> {
                            Tensor a = t.matmul(x.get(0), in.get("wx"));
                            Tensor b = t.matmul(v.get(0), in.get("wh"));
                            Tensor h = t.apply(Functions.TANH, t.add(t.add(a, b), in.get("b")));
                            Tensor y = t.mul(h, t.add(t.cast(i, F), 1));
                            return new Stepped(List.of(h), List.of(y, h));
                          });
              Tensor ys = t.sum(t.mul(s.rows().get(0), s.rows().get(0)));
              return t.add(t.add(ys, t.sum(s.carried().get(0))), t.sum(s.rows().get(1)));
            })
        .input("h", random(1, 2, 3))
        .input("xs", random(2, rows, 2, 4))
        .state("wx", random(3, 4, 3))
        .state("wh", random(4, 3, 3))
        .state("b", random(5, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void aRecurrentCell(int rows) {
    cell(false, rows).check();
  }

  @Test
  void theSameFromTheLastRow() {
    cell(true, 5).check();
  }

  @Test
  void gradientsOfMatricesAreFormedOnceAfterAllRows() {
    Program deferred = cell(false, 5).joint(Reverse.Options.DEFAULT);
    Program strict = cell(false, 5).joint(Reverse.Options.STRICT);
    // Backward carries the cotangent of h and the sum of b; strictly also those of both matrices.
    assertThat(carried(deferred)).isEqualTo(2);
    assertThat(carried(strict)).isEqualTo(4);
    // Outside the scans there is one product for each matrix.
    assertThat(products(deferred.nodes())).isEqualTo(2);
    assertThat(products(strict.nodes())).isZero();
  }

  private static int carried(Program p) {
    Node backward =
        p.nodes().stream().filter(n -> n.op() instanceof ControlOp.Scan).toList().getLast();
    return ((ControlOp.Scan) backward.op()).carried();
  }

  private static long products(List<Node> nodes) {
    return nodes.stream().filter(n -> n.op() instanceof LinearOp.Contract).count();
  }

  @Test
  void aMatrixThatIsReadInAnotherWayIsNotDeferred() {
    GradientCheck c =
        GradientCheck.of(
                (t, in) -> {
                  Tensor w = in.get("w");
                  Stepped s =
                      new Control(t)
                          .scan(
                              List.of(in.get("h")),
                              List.of(in.get("xs")),
                              (i, v, x) -> {
                                Tensor y = t.matmul(v.get(0), w);
                                Tensor z = t.add(t.matmul(w, w), t.matmul(x.get(0), in.get("u")));
                                return new Stepped(
                                    List.of(t.apply(Functions.TANH, t.add(y, z))), List.of());
                              });
                  return t.sum(s.carried().get(0));
                })
            .input("h", random(1, 2, 2))
            .input("xs", random(2, 3, 2, 2))
            .state("w", random(3, 2, 2))
            .state("u", random(4, 2, 2));
    c.check();
    assertThat(products(c.joint(Reverse.Options.DEFAULT).nodes())).isEqualTo(1);
  }

  @Test
  void withoutRowsTheInitialValueIsTheLastOne() {
    GradientCheck.of((t, in) ->
            t.sum(
                new Control(t)
                    .scan(
                        List.of(in.get("h")),
                        List.of(in.get("xs")),
                        (i, v, x) -> new Stepped(List.of(t.mul(v.get(0), x.get(0))), List.of()))
                    .carried()
                    .get(0)))
        .input("h", random(1, 2))
        .input("xs", random(2, 0, 2))
        .check();
  }

  @Test
  void loopsAndBranchesInAScanChainTheirFrames() {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Stepped s =
                  c.scan(
                      List.of(in.get("h")),
                      List.of(in.get("xs")),
                      (i, v, x) -> {
                        Tensor h = v.get(0);
                        Tensor u =
                            c.cond(
                                    t.less(h, t.constant(F, 0.3)),
                                    () ->
                                        c.whileLoop(
                                            50,
                                            List.of(h),
                                            q -> t.less(q.get(0), t.constant(F, 1)),
                                            q ->
                                                List.of(
                                                    t.add(
                                                        t.mul(q.get(0), q.get(0)),
                                                        t.add(t.mul(x.get(0), in.get("w")), 0.6)))),
                                    () -> List.of(t.mul(h, t.mul(x.get(0), in.get("w")))))
                                .get(0);
                        return new Stepped(List.of(u), List.of(t.mul(u, h)));
                      });
              return t.add(t.sum(s.rows().get(0)), s.carried().get(0));
            })
        .input("h", HostTensor.scalar(F, 0.1))
        .input("xs", random(2, 6))
        .input("w", HostTensor.scalar(F, 0.9))
        .check();
  }
}
