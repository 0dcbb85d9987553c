package dev.retrograde.choice.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Averages over blocks, and filter gradients from them (checks C1, C4, C5, C7 of the specification
/// of compressed activations).
class PoolingTest {
  private static final Emit NONE = new Emit();

  /// A convolution, its images and the size of blocks.
  record Row(Geometry g, int h, int w, int size) {
    Type images(DType d) {
      return Type.of(d, 3, h, w, 5);
    }

    Type out(DType d) {
      return Type.of(d, 3, g.outH(h), g.outW(w), 6);
    }

    ConvFilterGrad op() {
      return new ConvFilterGrad(g, Type.of(DType.F32, 6, g.kernelH(), g.kernelW(), 5).extents());
    }
  }

  static List<Row> rows() {
    List<Row> out = new ArrayList<>();
    for (int kernel : new int[] {1, 3, 5, 7}) {
      for (int stride : new int[] {1, 2}) {
        for (int h : new int[] {7, 8, 15}) {
          for (int size : new int[] {2, 4}) {
            out.add(new Row(Geometry.square(kernel, stride, kernel / 2), h, h + size / 2, size));
          }
        }
      }
    }
    out.add(new Row(Geometry.square(3, 1, 0), 9, 8, 3));
    out.add(new Row(Geometry.square(3, 1, 2), 3, 4, 2));
    out.add(new Row(Geometry.square(7, 1, 3), 3, 3, 4));
    out.add(new Row(new Geometry(2, 3, 1, 2, 0, 1, 1, 1, 1, 1, 1), 9, 10, 2));
    out.add(new Row(new Geometry(3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 1), 9, 8, 2));
    out.add(new Row(new Geometry(3, 3, 2, 2, 3, 3, 3, 3, 3, 3, 1), 12, 13, 2));
    out.add(new Row(new Geometry(4, 2, 1, 1, 3, 3, 1, 1, 2, 3, 1), 8, 11, 4));
    return out;
  }

  /// C4. The reference puts the averages back into the images' place and sums term by term.
  @ParameterizedTest
  @MethodSource("rows")
  void boxSumsGiveTheGradientOfUpsampledAverages(Row r) {
    for (DType d : List.of(DType.F32, DType.F64)) {
      HostTensor x = CodeRuns.gaussian(r.images(d), 1);
      HostTensor g = CodeRuns.gaussian(r.out(d), 2);
      double tolerance = d == DType.F32 ? 1e-5 : 1e-12;
      HostTensor found = gradient(r, x, g, tolerance);
      CodeRuns.assertClose(r + " " + d, filterGrad(r, blockMeans(x, r.size), g), found, tolerance);
    }
  }

  /// C5.
  @ParameterizedTest
  @MethodSource("rows")
  void imagesOfOneColourABlockLoseNothing(Row r) {
    HostTensor noise = CodeRuns.gaussian(r.images(DType.F32), 1);
    HostTensor x = blockMeans(noise, r.size);
    HostTensor g = CodeRuns.gaussian(r.out(DType.F32), 2);
    CodeRuns.assertClose(
        r.toString(), filterGrad(r, x, g), gradient(r, x, g, 1e-5), 1e-6 * Math.sqrt(g.size()));
  }

  private static HostTensor gradient(Row r, HostTensor x, HostTensor g, double tolerance) {
    Pooling pooling = new Pooling(r.size);
    return CodeRuns.run(
            List.of(x, g),
            tolerance,
            (e, in) ->
                List.of(
                    pooling.filterGrad(
                        e, r.op(), x.type(), pooling.encode(e, in.get(0)), in.get(1))))
        .get(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 16})
  void aBlockStandsForTheMeanOfThePixelsThatAreThere(int size) {
    HostTensor x = CodeRuns.gaussian(Type.of(DType.F32, 2, 7, 9, 3), 1);
    Pooling pooling = new Pooling(size);
    List<HostTensor> out =
        CodeRuns.run(
            List.of(x),
            1e-6,
            (e, in) -> {
              Value z = pooling.encode(e, in.get(0));
              return List.of(z, pooling.decode(e, List.of(z), x.type()));
            });
    CodeRuns.assertClose("decoded", blockMeans(x, size), out.get(1), 1e-6);
    // C7
    assertThat(pooling.bytes(x.type())).isEqualTo(out.get(0).type().bytes());
    int blocks = Math.ceilDiv(7, size) * Math.ceilDiv(9, size);
    assertThat(pooling.bytes(x.type())).isEqualTo(2L * blocks * 3 * 4);
  }

  /// C1.
  @Test
  void blocksOfOnePixelKeepTheValueAndTheGradientsBits() {
    Row r = new Row(Geometry.square(3, 1, 1), 6, 5, 1);
    HostTensor x = CodeRuns.gaussian(r.images(DType.F32), 1);
    HostTensor g = CodeRuns.gaussian(r.out(DType.F32), 2);
    Pooling pooling = new Pooling(1);
    List<HostTensor> out =
        CodeRuns.run(
            List.of(x, g),
            1e-5,
            (e, in) -> {
              Value z = pooling.encode(e, in.get(0));
              assertThat(z).isSameAs(in.get(0));
              assertThat(pooling.decode(e, List.of(z), x.type())).isSameAs(z);
              return List.of(
                  pooling.filterGrad(e, r.op(), x.type(), z, in.get(1)),
                  e.add(r.op(), in.get(0), in.get(1)));
            });
    assertThat(out.get(0).sameBits(out.get(1))).isTrue();
    assertThat(pooling.bytes(x.type())).isEqualTo(x.type().bytes());
  }

  @Test
  void whatBoxSumsCannotDoIsSaid() {
    Type images = Type.of(DType.F32, 2, 8, 8, 4);
    Geometry groups = new Geometry(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2);
    assertThat(new Pooling(2).refusesFilterGrad(groups, images)).contains("2 groups");
    assertThat(new Pooling(3).refusesFilterGrad(Geometry.square(3, 2, 1), images))
        .contains("no multiple of the stride 2 by 2");
    assertThat(new Pooling(2).refusesFilterGrad(Geometry.square(3, 2, 1), images)).isNull();
    assertThat(new Pooling(1).refusesFilterGrad(groups, images)).isNull();
    Value matrix = NONE.parameter(Type.of(DType.F32, 4, 4));
    assertThatThrownBy(() -> new Pooling(2).encode(NONE, matrix))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only images [n, h, w, c]");
    assertThatThrownBy(() -> new Pooling(0)).hasMessageContaining("found 0");
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I32", "BOOL", "BF16"})
  void onlyFloatsHaveAverages(DType d) {
    assertThat(new Pooling(2).refuses(Type.of(d, 1, 4, 4, 1))).contains("f32 or f64");
  }

  /// Every pixel as the mean of its block.
  private static HostTensor blockMeans(HostTensor x, int size) {
    return HostTensor.fill(
        x.type(),
        i -> {
          int[] at = x.index(i);
          double sum = 0;
          int count = 0;
          for (int y = at[1] / size * size;
              y < Math.min(x.dim(1), at[1] / size * size + size);
              y++) {
            for (int z = at[2] / size * size;
                z < Math.min(x.dim(2), at[2] / size * size + size);
                z++) {
              sum += x.get(x.at(at[0], y, z, at[3]));
              count++;
            }
          }
          return sum / count;
        });
  }

  /// The definition: each output's cotangent times each pixel that the output saw.
  private static HostTensor filterGrad(Row r, HostTensor x, HostTensor g) {
    Geometry c = r.g;
    Type f = Type.of(x.dtype(), r.op().filters().stream().map(v -> v.capacity()).toList());
    double[] sum = new double[Math.toIntExact(f.size())];
    HostTensor shape = HostTensor.zeros(f);
    for (int i = 0; i < g.size(); i++) {
      int[] at = g.index(i);
      for (int ky = 0; ky < c.kernelH(); ky++) {
        for (int kx = 0; kx < c.kernelW(); kx++) {
          int y = at[1] * c.strideH() + ky * c.dilationH() - c.top();
          int z = at[2] * c.strideW() + kx * c.dilationW() - c.left();
          for (int ci = 0;
              y >= 0 && y < x.dim(1) && z >= 0 && z < x.dim(2) && ci < x.dim(3);
              ci++) {
            sum[shape.at(at[3], ky, kx, ci)] += g.get(i) * x.get(x.at(at[0], y, z, ci));
          }
        }
      }
    }
    return HostTensor.fill(f, i -> sum[i]);
  }
}
