package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// When a result may be written over an operand: parameter 0 is read, parameter 1 is written.
class OverlayTest {
  private static final int OLD = 0;
  private static final int FRESH = 1;

  private static Kernel kernel(int extent, Consumer<Writer> body) {
    Writer w = new Writer(4);
    w.param(DType.F32);
    w.param(DType.F32);
    body.accept(w);
    return w.finish(extent);
  }

  private static boolean suits(int extent, Consumer<Writer> body) {
    return Overlay.suits(kernel(extent, body), OLD, FRESH);
  }

  private static Affine row() {
    return Affine.var(0).times(8);
  }

  private static Reg twice(Writer w, Reg r) {
    return w.apply(Primitive.ADD, r, r);
  }

  @Test
  void elementsReadAndThenWrittenInTheSamePlace() {
    Consumer<Writer> body =
        w ->
            w.loop(
                2,
                v -> {
                  Affine at = row().plus(Affine.var(v).times(4));
                  w.store(FRESH, at, twice(w, w.load(OLD, at, 1, 4, null)), 1, 4, null);
                });
    assertThat(suits(3, body)).isTrue();
    assertThat(Overlay.suits(kernel(3, body), OLD, FRESH, 24)).isTrue();
    // Another number of elements: some are written twice, or by somebody else.
    assertThat(Overlay.suits(kernel(3, body), OLD, FRESH, 25)).isFalse();
    assertThat(Overlay.suits(kernel(3, body), OLD, FRESH, 23)).isFalse();
  }

  @Test
  void aSingleElementReadInAllLanes() {
    assertThat(
            suits(
                5, w -> w.store(FRESH, Affine.var(0), w.broadcast(OLD, Affine.var(0)), 1, 1, null)))
        .isTrue();
  }

  @Test
  void anOperandThatIsReadElsewhereToo() {
    assertThat(
            suits(
                3,
                w -> {
                  Reg first = w.broadcast(OLD, Affine.of(0));
                  Reg own = w.load(OLD, row(), 1, 4, null);
                  w.store(FRESH, row(), w.apply(Primitive.ADD, first, own), 1, 4, null);
                }))
        .isFalse();
  }

  @Test
  void anOperandThatIsReadAfterItsPlaceWasWritten() {
    assertThat(
            suits(
                3,
                w -> {
                  Reg own = w.load(OLD, row(), 1, 4, null);
                  w.store(FRESH, row(), own, 1, 4, null);
                  w.forgetLoads();
                  Reg again = w.load(OLD, row(), 1, 4, null);
                  w.store(FRESH, row().plus(4), again, 1, 4, null);
                }))
        .isFalse();
  }

  @Test
  void anOperandThatIsReadInOneLoopAndWrittenInAnother() {
    assertThat(
            suits(
                3,
                w -> {
                  Reg sum = w.variable(DType.F32, new dev.retrograde.loop.Code.Const(0));
                  w.loop(
                      2,
                      v -> {
                        Reg x = w.load(OLD, row().plus(Affine.var(v).times(4)), 1, 4, null);
                        w.set(
                            sum,
                            new dev.retrograde.loop.Code.Apply(
                                Primitive.ADD, java.util.List.of(sum, x)));
                      });
                  w.loop(
                      2, v -> w.store(FRESH, row().plus(Affine.var(v).times(4)), sum, 1, 4, null));
                }))
        .isFalse();
  }

  @Test
  void moreReadThanWritten() {
    assertThat(suits(3, w -> w.store(FRESH, row(), w.load(OLD, row(), 1, 4, null), 1, 3, null)))
        .isFalse();
  }

  @Test
  void stridesAndMasks() {
    assertThat(suits(3, w -> w.store(FRESH, row(), w.load(OLD, row(), 2, 4, null), 2, 4, null)))
        .isFalse();
    assertThat(
            suits(
                3,
                w -> {
                  Reg own = w.load(OLD, row(), 1, 4, null);
                  Reg some = w.apply(Primitive.LT, own, w.constant(DType.F32, 0));
                  w.store(FRESH, row(), own, 1, 4, some);
                }))
        .isFalse();
  }

  @Test
  void aResultThatAccumulatesInMemory() {
    assertThat(
            suits(
                3,
                w -> {
                  Reg own = w.load(OLD, row(), 1, 4, null);
                  Reg sum = w.apply(Primitive.ADD, own, w.load(FRESH, row(), 1, 4, null));
                  w.store(FRESH, row(), sum, 1, 4, null);
                }))
        .isFalse();
  }
}
