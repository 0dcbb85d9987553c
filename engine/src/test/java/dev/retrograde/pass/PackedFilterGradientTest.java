package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Trace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Filter gradients whose lanes run along taps or input channels that are not neighbours in memory:
/// the image is packed, and the copy must stay within it. Machine code checks no access; the
/// reference machines do.
class PackedFilterGradientTest {
  @ParameterizedTest
  @CsvSource({
    "F32, 2, 1, 1, 3, 1, 1, 5, 3, 1, 7",
    "F64, 3, 3, 1, 1, 2, 3, 5, 8, 3, 3",
    "F32, 3, 1, 1, 2, 1, 1, 9, 5, 1, 16",
    "F32, 1, 3, 2, 2, 1, 2, 7, 9, 4, 6"
  })
  void packingStaysWithinTheImage(
      DType d, int kh, int kw, int sh, int sw, int dh, int groups, int h, int w, int ci, int co) {
    Geometry g = new Geometry(kh, kw, sh, sw, 0, 0, 0, 0, dh, 1, groups);
    Comparison.check(
        "filter gradient",
        Trace.program(
            "filter gradient",
            false,
            t ->
                t.output(
                    "y",
                    t.op(
                        new LinearOp.ConvFilterGrad(
                            g, Type.of(d, co, kh, kw, ci / groups).extents()),
                        t.input("x", Type.of(d, 1, h, w, ci)),
                        t.input("dy", Type.of(d, 1, g.outH(h), g.outW(w), co))))),
        1e-5);
  }
}
