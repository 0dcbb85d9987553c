package dev.retrograde.choice.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Block-sparse matrices (check C15 of the specification of compressed activations).
class BlockSparseTest {
  record Row(Type type, int block, double sparsity) {}

  static Stream<Row> rows() {
    return Stream.of(
        new Row(Type.of(DType.F32, 32, 64), 16, 0.5),
        new Row(Type.of(DType.F32, 32, 48), 8, 0),
        new Row(Type.of(DType.F32, 24, 40), 8, 0.7),
        new Row(Type.of(DType.F32, 13, 29), 4, 0.6),
        new Row(Type.of(DType.F32, 13, 29), 16, 0.3),
        new Row(Type.of(DType.F32, 7, 5), 1, 0.9),
        new Row(Type.of(DType.F32, 3, 3), 4, 0.9),
        new Row(Type.of(DType.F64, 19, 33), 8, 0.4));
  }

  /// Values, columns, starts, the matrix that comes back.
  private static List<HostTensor> code(BlockSparse s, HostTensor x) {
    return CodeRuns.run(
        List.of(x),
        0,
        (e, in) -> {
          List<Value> kept = new ArrayList<>(s.encode(e, in.get(0)));
          kept.add(s.decode(e, kept, x.type()));
          return kept;
        });
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theHeaviestBlocksComeBackAndTheRestIsZero(Row r) {
    HostTensor x = CodeRuns.gaussian(r.type, 1);
    BlockSparse s = new BlockSparse(r.block, r.sparsity);
    List<HostTensor> out = code(s, x);
    expectBlocks(r, x, heaviest(r, x), out);
    long kept = out.subList(0, 3).stream().mapToLong(h -> h.type().bytes()).sum();
    assertThat(s.bytes(r.type)).isEqualTo(kept);
  }

  private static void expectBlocks(Row r, HostTensor x, Set<Integer> kept, List<HostTensor> out) {
    int columns = Math.ceilDiv(x.dim(1), r.block);
    for (int i = 0; i < x.size(); i++) {
      int[] at = x.index(i);
      boolean there = kept.contains(at[0] / r.block * columns + at[1] / r.block);
      assertThat(out.get(3).bits(i)).as("%s[%d]", r, i).isEqualTo(there ? x.bits(i) : 0);
    }
    List<Integer> inOrder = List.copyOf(kept);
    for (int t = 0; t < inOrder.size(); t++) {
      assertThat((int) out.get(1).get(t)).isEqualTo(inOrder.get(t) % columns);
    }
    for (int m = 0; m < out.get(2).size(); m++) {
      int first = m * columns;
      assertThat((long) out.get(2).get(m)).isEqualTo(kept.stream().filter(b -> b < first).count());
    }
  }

  /// By sorting sums of squares in f64: inputs are random, so that rounding decides nothing.
  private static Set<Integer> heaviest(Row r, HostTensor x) {
    int columns = Math.ceilDiv(x.dim(1), r.block);
    int n = columns * Math.ceilDiv(x.dim(0), r.block);
    double[] weight = new double[n];
    for (int i = 0; i < x.size(); i++) {
      int[] at = x.index(i);
      weight[at[0] / r.block * columns + at[1] / r.block] += x.get(i) * x.get(i);
    }
    long keep = Math.max(1, n - Math.round(Math.floor(r.sparsity * n + 1e-6)));
    return new TreeSet<>(
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(b -> -weight[b]))
            .limit(keep)
            .toList());
  }

  /// C15: where blocks divide the matrix, memory is as the specification counts it.
  @Test
  void memoryEqualsTheFormula() {
    Type t = Type.of(DType.F32, 256, 1024);
    for (double s : new double[] {0, 0.25, 0.5, 0.75}) {
      BlockSparse code = new BlockSparse(16, s);
      long kept = Math.round((1 - s) * 16 * 64);
      assertThat((long) code.kept(t)).isEqualTo(kept);
      assertThat(code.bytes(t)).isEqualTo(Math.round((1 - s) * t.bytes()) + 4 * kept + 4 * 17);
    }
    // 0.7 and 0.29 are no binary fractions: rounding up means the decimal number.
    assertThat(new BlockSparse(1, 0.7).kept(Type.of(DType.F32, 10, 100))).isEqualTo(300);
    assertThat(new BlockSparse(1, 0.29).kept(Type.of(DType.F32, 10, 10))).isEqualTo(71);
    assertThat(new BlockSparse(1, 0.5).kept(Type.of(DType.F32, 3, 3))).isEqualTo(5);
  }

  /// C15: with nothing dropped the gradient has the bits of the exact one.
  @ParameterizedTest
  @MethodSource("rows")
  void theWeightGradientIsThatOfTheBlocksKept(Row r) {
    HostTensor x = CodeRuns.gaussian(r.type, 1);
    HostTensor g = CodeRuns.gaussian(Type.of(x.dtype(), x.dim(0), 21), 2);
    for (double sparsity : new double[] {0, r.sparsity}) {
      BlockSparse s = new BlockSparse(r.block, sparsity);
      List<HostTensor> out =
          CodeRuns.run(
              List.of(x, g),
              1e-5,
              (e, in) -> {
                List<Value> kept = s.encode(e, in.get(0));
                Contract product = new Contract(List.of(), List.of(), List.of(0), List.of(0));
                return List.of(
                    s.weightGrad(e, kept, x.type(), in.get(1)),
                    e.add(product, in.get(0), in.get(1)),
                    s.decode(e, kept, x.type()));
              });
      if (sparsity == 0) {
        assertThat(out.get(0).sameBits(out.get(1))).isTrue();
      }
      HostTensor back = out.get(2);
      HostTensor expected =
          HostTensor.fill(
              out.get(0).type(),
              i -> {
                double sum = 0;
                for (int m = 0; m < x.dim(0); m++) {
                  sum += back.get(back.at(m, i / 21)) * g.get(g.at(m, i % 21));
                }
                return sum;
              });
      CodeRuns.assertClose(r.toString(), expected, out.get(0), 1e-5);
    }
  }

  @Test
  void amongEqualBlocksTheEarlierStay() {
    Row r = new Row(Type.of(DType.F32, 8, 12), 4, 0.5);
    HostTensor x = HostTensor.fill(r.type, i -> i / 12 < 4 && i % 12 >= 8 ? 2 : 1);
    expectBlocks(r, x, new TreeSet<>(List.of(0, 1, 2)), code(new BlockSparse(4, 0.5), x));
  }

  @Test
  void whatIsNoNumberIsKept() {
    HostTensor x =
        HostTensor.fill(Type.of(DType.F32, 8, 8), i -> i == 63 ? Double.NaN : i == 5 ? 1e30 : 1);
    HostTensor back = code(new BlockSparse(4, 0.5), x).get(3);
    assertThat(back.get(63)).isNaN();
    assertThat(back.get(5)).isEqualTo(x.get(5));
    assertThat(back.get(40)).isZero();
  }

  @Test
  void whatHasNoBlocksIsRefused() {
    Emit e = new Emit();
    assertThatThrownBy(
            () -> new BlockSparse(16, 0.5).encode(e, e.parameter(Type.of(DType.F32, 4, 4, 4))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only matrices");
    assertThat(new BlockSparse(16, 0.5).refuses(Type.of(DType.I32, 4, 4))).contains("f32 or f64");
    assertThatThrownBy(() -> new BlockSparse(16, 1)).hasMessageContaining("found 16 and 1.0");
  }
}
