package dev.retrograde.nn;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.eachHalf;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.reversible;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.stage;
import static dev.retrograde.nn.Layers.subsample;
import static dev.retrograde.nn.Layers.tanh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.pass.Simplify;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Trace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReversibleTest {
  private static final Type IMAGES = Type.of(DType.F64, 2, 4, 4, 4);

  private static Layer branch(int channels) {
    return sequential(batchNorm(), relu(), conv2d(channels, 3).noBias());
  }

  private static Reversible units(int n, int channels) {
    return reversible(n, () -> branch(channels / 2));
  }

  private static CoupledUnit shrinking(int out) {
    Layer f =
        sequential(
            batchNorm(),
            tanh(),
            conv2d(out / 2, 3).stride(2).pad(new Padding.Explicit(0, 1, 0, 1)));
    return CoupledUnit.of(f, branch(out / 2)).shortcut(averagePool(2).then(subsample(1, out / 2)));
  }

  private static Program traced(Layer layer, boolean training, Type input) {
    return Trace.program("net", training, t -> t.output("y", layer.apply(t, t.input("x", input))));
  }

  private static List<Node> of(Program p, Class<? extends Op> op) {
    return p.nodes().stream().filter(n -> op.isInstance(n.op())).toList();
  }

  // Gradients.

  @Test
  void gradientsOfUnitsAreTrueAlsoNestedAndBehindShortcuts() {
    Layer plain = units(2, 4);
    Layer mixed =
        sequential(reversible(List.of(shrinking(8), CoupledUnit.of(branch(4), branch(4)))));
    Layer nested = reversible(units(1, 2), branch(2));
    Layer head =
        sequential(units(1, 4), eachHalf(sequential(batchNorm(), globalAveragePool())), dense(3));
    for (Layer l : List.of(plain, mixed, nested, head)) {
      Probe p = Probe.of(l, true, IMAGES);
      assertThat(p.gradientError()).isLessThan(1e-6);
    }
  }

  /// Straight-through gradients on a fine grid are those of the plain form, within what the grid
  /// moved.
  @Test
  void theExactFormHasTheGradientsOfThePlainOne() {
    Probe plain = Probe.of(units(2, 4), true, IMAGES);
    Probe exact = Probe.of(units(2, 4).exact(40), true, IMAGES);
    assertThat(exact.differentiated()).isEqualTo(plain.differentiated());
    for (String name : plain.differentiated()) {
      HostTensor a = plain.output("d " + name);
      HostTensor b = exact.output("d " + name);
      for (int i = 0; i < a.size(); i++) {
        // The input and four branches are moved by 2^-41 at most.
        assertThat(b.get(i)).isCloseTo(a.get(i), org.assertj.core.data.Offset.offset(1e-8));
      }
    }
  }

  // The way back: R2.

  private record Trip(HostTensor sent, HostTensor back, double largest) {}

  /// A hundred units and back, in training, the way back as a program of its own.
  private static Trip trip(Reversible units, DType d, HostTensor x) {
    Type type = x.type();
    Program there = traced(stage("s", units), true, type);
    Program home = traced(stage("s", units.inverse()), true, type);
    Map<String, HostTensor> state = new HashMap<>();
    try (StateStore store = StateStore.of(3, there, home)) {
      for (StateEntry e : store.entries()) {
        state.put(e.name(), store.get(e.name()));
      }
    }
    HostTensor y = Interpreter.run(there, Map.of("x", x), state).outputs().get("y");
    HostTensor back = Interpreter.run(home, Map.of("x", y), state).outputs().get("y");
    double largest = 0;
    for (double v : y.toDoubles()) {
      largest = Math.max(largest, Math.abs(v));
    }
    return new Trip(x, back, largest);
  }

  private static HostTensor images(DType d, double step) {
    Random r = new Random(11);
    return HostTensor.fill(Type.of(d, 2, 4, 4, 8), i -> step * Math.rint(r.nextGaussian() / step));
  }

  @Test
  void aHundredPlainUnitsComeBackIn64Bits() {
    Trip t = trip(units(100, 8), DType.F64, images(DType.F64, 0x1p-30));
    double worst = 0;
    for (int i = 0; i < t.sent.size(); i++) {
      worst = Math.max(worst, Math.abs(t.back.get(i) - t.sent.get(i)));
    }
    assertThat(worst).isLessThan(1e-12).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100})
  void exactUnitsComeBackIn32BitsWithoutLosingOne(int n) {
    Trip t = trip(units(n, 8).exact(), DType.F32, images(DType.F32, 0x1p-16));
    assertThat(t.largest).isLessThan(256);
    for (int i = 0; i < t.sent.size(); i++) {
      // Inputs are on the grid, but for the sign of their zeros.
      int sent = Float.floatToRawIntBits((float) t.sent.get(i) + 0f);
      assertThat((int) t.back.bits(i)).isEqualTo(sent);
    }
  }

  @Test
  void whatLeavesTheRangeIsNaNUpToTheLoss() {
    Program p = traced(units(1, 4).exact(), false, IMAGES.with(DType.F32));
    Map<String, HostTensor> state = new HashMap<>();
    try (StateStore store = StateStore.of(3, p)) {
      store.entries().forEach(e -> state.put(e.name(), store.get(e.name())));
    }
    HostTensor x = HostTensor.fill(IMAGES.with(DType.F32), i -> i == 5 ? 300 : 1);
    double[] y = Interpreter.run(p, Map.of("x", x), state).outputs().get("y").toDoubles();
    assertThat(y[5]).isNaN();
  }

  @Test
  void aShortcutHasNoWayBack() {
    assertThatThrownBy(reversible(List.of(shrinking(8)))::inverse)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("block0")
        .hasMessageContaining("ReversibleTest.java");
  }

  // How it is traced.

  @Test
  void couplingsStandAtTheirUnitAndFunctionsBelow() {
    Program p = traced(named("stage1", units(2, 4)), false, IMAGES);
    assertThat(of(p, MapOp.Couple.class))
        .extracting(n -> n.origin().path())
        .containsExactly("stage1/block0", "stage1/block0", "stage1/block1", "stage1/block1");
    assertThat(p.state())
        .extracting(s -> s.entry().name())
        .contains("stage1.block0.f.conv0.weight", "stage1.block1.g.batchNorm0.bias")
        .hasSize(2 * 2 * 5);
  }

  /// Two slices at the start, one joining at the end; between stages nothing.
  @Test
  void stagesInARowHandTheHalvesOn() {
    Layer net =
        sequential(
            units(1, 4),
            reversible(List.of(shrinking(8))),
            units(2, 8),
            named("last", units(1, 8)));
    Program p = Simplify.run(traced(net, false, IMAGES));
    assertThat(of(p, MoveOp.Slice.class)).hasSize(2);
    assertThat(of(p, MoveOp.Concat.class))
        .extracting(n -> n.origin().path())
        .containsExactly("last");
    Program head =
        Simplify.run(traced(sequential(units(1, 4), eachHalf(globalAveragePool())), false, IMAGES));
    assertThat(of(head, MoveOp.Concat.class))
        .extracting(n -> n.result().type())
        .containsExactly(Type.of(DType.F64, 2, 4));
  }

  @Test
  void onlyWhatIsNotOnTheGridIsRounded() {
    Layer net =
        sequential(
            units(1, 4).exact(),
            units(1, 4).exact(),
            reversible(List.of(shrinking(8))).exact(),
            units(1, 8).exact(),
            units(1, 8).exact(12));
    Program p = traced(net, false, IMAGES);
    assertThat(of(p, MapOp.Snap.class))
        .extracting(n -> n.origin().path() + " " + ((MapOp.Snap) n.op()).grid())
        .containsExactly(
            "reversible0 16",
            "reversible0 16",
            "reversible2/block0 16",
            "reversible2/block0 16",
            "reversible4 12",
            "reversible4 12");
    assertThat(of(p, MapOp.Couple.class))
        .extracting(n -> ((MapOp.Couple) n.op()).grid())
        .containsExactly(16, 16, 16, 16, 16, 16, 12, 12);
  }

  // Refusals.

  @Test
  void oddChannelsAreRefused() {
    Type odd = Type.of(DType.F32, 2, 4, 4, 5);
    for (Layer l : List.of(units(1, 4), eachHalf(relu()))) {
      assertThatThrownBy(() -> traced(sequential(l), true, odd))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("ReversibleTest.java")
          .hasMessageContaining("an even number c of channels")
          .hasMessageContaining("f32[2,4,4,5]")
          .hasMessageContaining("Give the layer before it an even number");
    }
  }

  @Test
  void functionsThatChangeAHalfAreRefused() {
    assertThatThrownBy(() -> traced(reversible(conv2d(3, 3), conv2d(2, 3)), true, IMAGES))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("block0")
        .hasMessageContaining("f64[2,4,4,2]")
        .hasMessageContaining("f64[2,4,4,3]")
        .hasMessageContaining("give the unit a shortcut");
    CoupledUnit wrong = CoupledUnit.of(conv2d(3, 3), conv2d(3, 3)).shortcut(averagePool(2));
    assertThatThrownBy(() -> traced(reversible(List.of(wrong)), true, IMAGES))
        .hasMessageContaining("Give the shortcut the stride and the channels of f");
    assertThatThrownBy(() -> reversible(List.of())).hasMessageContaining("at least one unit");
    assertThatThrownBy(() -> units(1, 4).exact(-1)).hasMessageContaining("at least 0");
  }
}
