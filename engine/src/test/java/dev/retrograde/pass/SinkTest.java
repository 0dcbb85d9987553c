package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

class SinkTest {
  private static final int ROWS = 19;
  private static final int COLUMNS = 21;

  private static Tensor state(Trace t, String name) {
    return t.state(name, Role.PARAMETER, Type.of(DType.F32, ROWS, COLUMNS), new Init.Uniform(1, 2));
  }

  /// Adagrad of a weight whose gradient a branch makes: a product, or nothing.
  ///
  /// @param between what else happens to the gradient before the update
  private static Program adagrad(BiConsumer<Trace, Tensor> between) {
    return Trace.program(
        "adagrad",
        true,
        t -> {
          Tensor weight = state(t, "weight");
          Tensor sum = state(t, "sum");
          Tensor x = t.input("x", Type.of(DType.F32, 7, ROWS));
          Tensor y = t.input("y", Type.of(DType.F32, 7, COLUMNS));
          Tensor some = t.less(t.sum(x), t.input("bar", Type.of(DType.F32)));
          t.phase(Phase.BACKWARD);
          Tensor gradient =
              new Control(t)
                  .cond(
                      some,
                      () -> List.of(t.matmul(t.transpose(x, 1, 0), y)),
                      () -> List.of(t.zeros(weight.type())))
                  .get(0);
          between.accept(t, gradient);
          t.phase(Phase.UPDATE);
          Tensor now = t.add(sum, t.mul(gradient, gradient));
          t.assign("sum", now);
          Tensor rate = t.input("rate", Type.of(DType.F32));
          t.assign("weight", t.sub(weight, t.div(t.mul(gradient, rate), t.sqrt(now))));
        });
  }

  private static List<String> maps(Program p) {
    return p.nodes().stream()
        .filter(n -> n.origin().phase() == Phase.UPDATE && n.op() instanceof MapOp.Map)
        .map(n -> n.op().name())
        .toList();
  }

  @Test
  void anUpdateGoesWhereItsGradientIsMade() {
    Program p = adagrad((_, _) -> {});
    Program q = Sink.run(p);
    Verifier.verify(q);
    assertThat(maps(p)).isNotEmpty();
    assertThat(maps(q)).isEmpty();
    Comparison.assertSameBits(
        "meaning",
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p),
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, q));
    Comparison.check("sunk", p, 1e-5);
  }

  @Test
  void whatTheUpdateReplacesIsWrittenInPlace() {
    Program p = adagrad((_, _) -> {});
    try (StateStore state = StateStore.of(3, p);
        Executable e = ReferenceCompiler.wide().compile(p, state, Target.Options.DEFAULT)) {
      assertThat(e.listing().launches())
          .extracting(Listing.Launch::name)
          .as("nothing is copied: neither new values, nor the rate to the size of the weight")
          .doesNotContain("commit", "copy");
    }
  }

  @Test
  void aGradientThatIsReadElsewhereStays() {
    Program seen = adagrad((t, g) -> t.output("gradient", g));
    assertThat(Printer.print(Sink.run(seen))).isEqualTo(Printer.print(seen));
    Comparison.check("seen", seen, 1e-5);
    Program summed = adagrad((t, g) -> t.output("norm", t.sum(t.mul(g, g))));
    assertThat(Printer.print(Sink.run(summed))).isEqualTo(Printer.print(summed));
    Comparison.check("summed", summed, 1e-5);
  }

  @Test
  void anUpdateGoesThroughBranchesInBranches() {
    Program p =
        Trace.program(
            "nested",
            true,
            t -> {
              Tensor weight = state(t, "weight");
              Tensor x = t.input("x", Type.of(DType.F32));
              t.phase(Phase.BACKWARD);
              Control c = new Control(t);
              Tensor gradient =
                  c.cond(
                          t.less(x, t.constant(DType.F32, 0)),
                          () ->
                              c.cond(
                                  t.less(x, t.constant(DType.F32, -1)),
                                  () -> List.of(t.mul(weight, 2)),
                                  () -> List.of(t.mul(weight, x))),
                          () -> List.of(t.sqrt(weight)))
                      .get(0);
              t.phase(Phase.UPDATE);
              t.assign("weight", t.sub(weight, t.mul(gradient, 0.1f)));
            });
    Program q = Sink.run(p);
    Verifier.verify(q);
    assertThat(maps(q)).isEmpty();
    assertThat(
            q.nodes().stream()
                .filter(n -> n.op() instanceof ControlOp.If)
                .flatMap(n -> n.blocks().get(0).nodes().stream())
                .filter(n -> n.origin().phase() == Phase.UPDATE)
                .map(n -> n.op().name()))
        .as("the update is in the blocks of the inner branch")
        .doesNotContain("Map");
    Comparison.check("nested", p, 1e-5);
  }
}
