package dev.retrograde.choice.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Truth values in bits (check C7 of the specification of compressed activations).
class BitsTest {
  static Stream<Type> shapes() {
    return Stream.of(
            new int[] {16, 3, 3, 5},
            new int[] {3, 8, 3, 5},
            new int[] {3, 3, 5, 24},
            new int[] {4, 2, 3, 5},
            new int[] {3, 5, 7, 9},
            new int[] {64},
            new int[] {13},
            new int[] {1},
            new int[] {},
            new int[] {0, 8})
        .map(dims -> Type.of(DType.F32, dims));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void signsComeBackBitForBit(Type t) {
    HostTensor x = CodeRuns.gaussian(t, 1);
    Type mask = t.with(DType.BOOL);
    List<HostTensor> out =
        CodeRuns.run(
            List.of(x),
            0,
            (e, in) -> {
              Value positive = e.map(Primitive.LT, e.zeros(t), in.get(0));
              Value kept = new Bits().encode(e, positive);
              Value back = new Bits().decode(e, List.of(kept), mask);
              return List.of(kept, back, e.select(back, in.get(0), e.zeros(t)));
            });
    for (int i = 0; i < x.size(); i++) {
      assertThat(out.get(1).get(i)).as("bit %d", i).isEqualTo(x.get(i) > 0 ? 1 : 0);
      assertThat(out.get(2).get(i)).as("relu %d", i).isEqualTo(Math.max(0, x.get(i)));
    }
    long ones = 0;
    for (int i = 0; i < out.get(0).size(); i++) {
      ones += Long.bitCount(out.get(0).bits(i));
    }
    assertThat(ones).isEqualTo(sum(out.get(1)));
    assertThat(new Bits().bytes(mask)).isEqualTo(out.get(0).type().bytes());
    assertThat(new Bits().bytes(mask)).isEqualTo((t.size() + 7) / 8);
  }

  private static long sum(HostTensor h) {
    long n = 0;
    for (int i = 0; i < h.size(); i++) {
      n += h.bits(i);
    }
    return n;
  }

  /// Where every axis is even, S/32 of an f32 tensor of S bytes.
  @Test
  void aMaskTakesAThirtySecondOfItsTensor() {
    Type t = Type.of(DType.F32, 128, 32, 32, 64);
    assertThat(new Bits().bytes(t.with(DType.BOOL)) * 32).isEqualTo(t.bytes());
  }

  @Test
  void numbersAreRefused() {
    Emit e = new Emit();
    Value v = e.parameter(Type.of(DType.F32, 8));
    assertThatThrownBy(() -> new Bits().encode(e, v))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only truth values");
  }
}
