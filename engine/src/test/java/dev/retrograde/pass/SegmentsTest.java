package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Scans of which only carried values at cuts are kept.
class SegmentsTest {
  private static final DType F = DType.F32;

  /// Two recurrent layers, one of them looked up from codes and one fed by the other's rows, whose
  /// bodies use the number of the row.
  private static Program layers(int rows, boolean reverse) {
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor codes = t.input("codes", Type.of(DType.I32, rows, 2));
          Tensor table = t.parameter("table", F, new Init.Normal(0, 1), 64, 5);
          Tensor bias = t.parameter("bias", F, new Init.Normal(0, 1), 5);
          Tensor xs = t.add(t.op(new MoveOp.Gather(), table, codes), bias);
          Tensor first = t.scope("first", () -> layer(t, xs, reverse));
          Tensor second = t.scope("second", () -> layer(t, first, !reverse));
          Tensor loss = t.mean(t.mul(second, second));
          Map<String, Value> wrt = new LinkedHashMap<>();
          t.state().forEach(s -> wrt.put(s.name(), t.stateValue(s.name()).value()));
          t.output("loss", loss);
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
        });
  }

  private static Tensor layer(Trace t, Tensor xs, boolean reverse) {
    Tensor w = t.parameter("w", F, new Init.Normal(0, 0.5), 5, 5);
    Stepped s =
        new Control(t)
            .scan(
                Extent.of(xs.dim(0)),
                reverse,
                List.of(t.zeros(Type.of(F, 2, 5))),
                List.of(xs),
                (i, v, x) -> {
                  Tensor sum = t.add(t.matmul(v.get(0), w), x.get(0));
                  Tensor gate = t.apply(Functions.SIGMOID, sum);
                  Tensor h = t.apply(Functions.TANH, t.mul(gate, sum));
                  Tensor scaled = t.mul(h, t.add(t.mul(t.cast(i, F), 0.1f), 1));
                  return new Stepped(List.of(h), List.of(scaled));
                });
    return s.rows().get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "12, segments, false", "12, segments, true", "12, segments:6, false", "13, segments, false",
    "13, segments, true", "13, segments:5, true", "2, segments, false", "7, segments:99, true"
  })
  void everyBitIsThatOfStoring(int rows, String spec, boolean reverse) {
    Program whole = layers(rows, reverse);
    Program cut = Verifier.verify(Saving.parse(spec).apply(whole));
    assertThat(scans(cut)).isGreaterThan(scans(whole));
    for (Target t : List.of(new InterpTarget(), new JvmTarget(), ReferenceCompiler.wide())) {
      Map<String, HostTensor> expected = Comparison.run(t, Target.Options.DEFAULT, whole);
      Comparison.run(t, Target.Options.DEFAULT, cut)
          .forEach(
              (name, v) -> assertThat(v.sameBits(expected.get(name))).as(t.name() + name).isTrue());
    }
  }

  private static long scans(Program p) {
    return p.nodes().stream().mapToLong(SegmentsTest::scans).sum();
  }

  private static long scans(Node n) {
    return (n.op() instanceof ControlOp.Scan ? 1 : 0)
        + n.blocks().stream().flatMap(b -> b.nodes().stream()).mapToLong(SegmentsTest::scans).sum();
  }

  @Test
  void forwardKeepsTheValuesAtTheCutsOnly() {
    Program whole = layers(12, false);
    Program cut = new Saving.Segments(4).apply(whole);
    // Of the first layer: the sum and both functions of it, beside the operand of the product.
    assertThat(written(whole).stream().filter(Type.of(F, 12, 2, 5)::equals))
        .hasSizeGreaterThanOrEqualTo(4);
    // Carried values at the cuts, rows for the layer above, and the operand of the product.
    assertThat(written(cut))
        .containsExactlyInAnyOrder(
            Type.of(F, 4, 2, 5), Type.of(F, 4, 3, 2, 5), Type.of(F, 4, 3, 2, 5));
  }

  /// Types of the rows that the first scan writes.
  private static List<Type> written(Program p) {
    Node scan =
        p.nodes().stream().filter(n -> n.op() instanceof ControlOp.Scan).findFirst().orElseThrow();
    int carried = ((ControlOp.Scan) scan.op()).carried();
    return scan.results().stream().skip(carried).map(Value::type).toList();
  }

  @Test
  void theAccountSaysWhatIsMadeAgain() {
    Saved s = new Saving.Segments(5).save(layers(13, false), p -> fail());
    List<Residual> again = s.residuals().stream().filter(r -> r.policy().equals("remade")).toList();
    assertThat(again)
        .isNotEmpty()
        .allSatisfy(r -> {
          assertThat(r.reason()).contains("segments of 3 rows");
          // One row is left over, and kept.
          assertThat(r.kept()).isEqualTo(r.bytes() / 13);
        });
    assertThat(again).extracting(Residual::layer).contains("first", "second");
    assertThat(s.kept()).isLessThan(new Saving.Store().save(layers(13, false), p -> fail()).kept());
  }

  private static Forecast fail() {
    throw new AssertionError("only a budget asks for forecasts");
  }

  @Test
  void aLayerIsChosenByItsName() {
    Saving one =
        new Saving.ByLayer(
            new Saving.Store(),
            List.of(new Saving.Selection(Glob.of("second"), new Saving.Segments(3))));
    Saved s = one.save(layers(12, false), p -> fail());
    assertThat(s.residuals().stream().filter(r -> r.policy().equals("remade")))
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.layer()).isEqualTo("second"));
  }

  @Test
  void thePeakFallsWithTheRowsOfASegment() {
    Program whole = layers(256, false);
    Target t = new JvmTarget();
    long store = peak(t, whole);
    long root = peak(t, new Saving.Segments(0).apply(whole));
    long few = peak(t, new Saving.Segments(4).apply(whole));
    assertThat(root).isLessThan(few);
    assertThat(few).isLessThan(store);
    assertThat(root).isLessThan(7 * store / 10);
  }

  @Test
  void aBudgetTakesSegmentsWhereNothingElseFits() {
    Program whole = layers(256, false);
    Target t = new JvmTarget();
    long bytes = t.forecast(new Saving.Segments(0).apply(whole), Target.Options.DEFAULT).bytes();
    Saved s =
        new Saving.Budget(bytes, false).save(whole, p -> t.forecast(p, Target.Options.DEFAULT));
    assertThat(s.policy().spec()).contains("segments");
    assertThat(t.forecast(s.program(), Target.Options.DEFAULT).bytes()).isLessThanOrEqualTo(bytes);
  }

  private static long peak(Target t, Program p) {
    return t.forecast(p, Target.Options.DEFAULT).memory().peakBytes();
  }
}
