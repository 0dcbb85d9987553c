package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.scalar.DType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Ordering, bit products and linear algebra against closed forms.
class OrderMeaningTest {
  private static final double NAN = Double.NaN;

  private static HostTensor vector(DType d, double... v) {
    return HostTensor.of(Type.of(d, v.length), v);
  }

  @Test
  void equalElementsKeepTheirOrderAndNaNComesLast() {
    HostTensor x = vector(DType.F32, 1, NAN, 3, -0.0, 3, 0, NAN, Double.POSITIVE_INFINITY);
    List<HostTensor> down = OpMeaningTest.eval(new OrderOp.Sort(true), x);
    assertThat(down.get(1).toDoubles()).containsExactly(7, 2, 4, 0, 3, 5, 1, 6);
    List<HostTensor> up = OpMeaningTest.eval(new OrderOp.Sort(false), x);
    assertThat(up.get(1).toDoubles()).containsExactly(3, 5, 0, 2, 4, 7, 1, 6);
    assertThat(up.get(0).get(0)).isEqualTo(-0.0);
    List<HostTensor> top = OpMeaningTest.eval(new OrderOp.TopK(Extent.of(3)), x);
    assertThat(top.get(0).toDoubles()).containsExactly(Double.POSITIVE_INFINITY, 3, 3);
    assertThat(top.get(1).toDoubles()).containsExactly(7, 2, 4);
  }

  @Test
  void integersAreOrderedByEveryBit() {
    HostTensor x = HostTensor.zeros(Type.of(DType.I64, 3));
    x.setBits(0, (1L << 60) + 1);
    x.setBits(1, (1L << 60) + 2);
    x.setBits(2, -1);
    assertThat(OpMeaningTest.eval(new OrderOp.Sort(true), x).get(1).toDoubles())
        .containsExactly(1, 0, 2);
  }

  @Test
  void askingForMoreThanIsThereIsAnError() {
    Emit e = new Emit();
    Value x = e.parameter(Type.of(DType.F32, 2));
    assertThatThrownBy(() -> e.add(new OrderOp.TopK(Extent.of(3)), x))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("the largest 3 of 2 elements");
    Value n = e.parameter(Type.of(DType.I32));
    Value r = e.parameter(new Type(DType.F32, List.of(new Extent.Ragged(4, n))));
    assertThatThrownBy(() -> e.add(new OrderOp.TopK(Extent.of(3)), r))
        .hasMessageContaining("may hold fewer than 3");
    assertThatThrownBy(() ->
            new OrderOp.TopK(new Extent.Ragged(3, n))
                .eval(
                    List.of(vector(DType.F32, 1, 2)),
                    List.of(Type.of(DType.F32, 3), Type.of(DType.I32, 3))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("only 2 elements are there");
    assertThatThrownBy(() ->
            new OrderOp.Compact(new Extent.Ragged(3, n))
                .eval(List.of(vector(DType.BOOL, 1, 0, 0)), List.of(Type.of(DType.I32, 2))))
        .hasMessageContaining("the count asks for 2 positions, but only 1 elements are true");
  }

  @Test
  void compactGivesThePositionsOfTrueElements() {
    HostTensor mask = vector(DType.BOOL, 0, 1, 1, 0, 1);
    HostTensor at =
        new OrderOp.Compact(Extent.of(3))
            .eval(List.of(mask), List.of(Type.of(DType.I32, 3)))
            .get(0);
    assertThat(at.toDoubles()).containsExactly(1, 2, 4);
  }

  @Test
  void bitProductsCountBits() {
    long seed = Repeat.seed();
    Repeat.with(
        OrderMeaningTest.class,
        seed,
        () -> {
          Random r = new Random(seed);
          for (DType d : List.of(DType.U8, DType.I8, DType.I16, DType.I32, DType.I64)) {
            HostTensor a = HostTensor.zeros(Type.of(d, 2, 3));
            HostTensor b = HostTensor.zeros(Type.of(d, 3, 2));
            for (int i = 0; i < 6; i++) {
              a.setWhole(i, r.nextLong());
              b.setWhole(i, r.nextLong());
            }
            long mask = d.bytes() == 8 ? -1L : (1L << d.bytes() * 8) - 1;
            for (BitOp.Kind kind : BitOp.Kind.values()) {
              HostTensor y =
                  OpMeaningTest.eval(new BitOp.BitContract(kind, Contract.matmul()), a, b).get(0);
              assertThat(y.type()).isEqualTo(Type.of(DType.I32, 2, 2));
              for (int i = 0; i < 2; i++) {
                for (int j = 0; j < 2; j++) {
                  int count = 0;
                  for (int k = 0; k < 3; k++) {
                    long u = a.bits(i * 3 + k);
                    long v = b.bits(k * 2 + j);
                    count += Long.bitCount((kind == BitOp.Kind.AND ? u & v : u ^ v) & mask);
                  }
                  assertThat(y.bits(i * 2 + j)).as("%s %s", d, kind).isEqualTo(count);
                }
              }
            }
          }
        });
  }

  @Test
  void theFactorOfAKnownMatrix() {
    HostTensor a = HostTensor.of(Type.of(DType.F64, 3, 3), 4, 12, -16, 12, 37, -43, -16, -43, 98);
    assertThat(OpMeaningTest.one(new LinalgOp.Cholesky(), a))
        .containsExactly(2, 0, 0, 6, 1, 0, -8, 5, 3);
    HostTensor indefinite = HostTensor.of(Type.of(DType.F64, 2, 2), 1, 2, 2, 1);
    assertThat(OpMeaningTest.one(new LinalgOp.Cholesky(), indefinite))
        .containsExactly(1, 0, 2, NAN);
  }

  @Test
  void aTriangularSolveReadsItsTriangleOnly() {
    HostTensor lower = HostTensor.of(Type.of(DType.F64, 2, 2), 2, NAN, 3, 4);
    HostTensor b = HostTensor.of(Type.of(DType.F64, 2, 1), 2, 11);
    assertThat(OpMeaningTest.one(new LinalgOp.TriangularSolve(true, false), lower, b))
        .containsExactly(1, 2);
    assertThat(OpMeaningTest.one(new LinalgOp.TriangularSolve(true, true), lower, b))
        .containsExactly((2 - 3 * 2.75) / 2, 2.75);
    HostTensor upper = HostTensor.of(Type.of(DType.F64, 2, 2), 2, 3, NAN, 4);
    assertThat(OpMeaningTest.one(new LinalgOp.TriangularSolve(false, false), upper, b))
        .containsExactly((2 - 3 * 2.75) / 2, 2.75);
  }
}
