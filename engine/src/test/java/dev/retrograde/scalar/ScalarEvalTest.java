package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.scalar.ScalarFn.Primitive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Casts, bf16, integers that wrap, and the primitives whose edges targets tend to get wrong.
class ScalarEvalTest {
  private static double cast(DType from, DType to, double v) {
    long bits = ScalarEval.cast(from, to, ScalarCode.bitsOf(from, v));
    return ScalarCode.toDouble(to, bits);
  }

  private static double apply(Primitive p, DType t, double... v) {
    long[] x = new long[3];
    for (int i = 0; i < v.length; i++) {
      x[i] = ScalarCode.bitsOf(t, v[i]);
    }
    return ScalarCode.toDouble(t, ScalarEval.primitive(p, t, x[0], x[1], x[2]));
  }

  @ParameterizedTest
  @CsvSource({
    "F32, I32, 2.9, 2",
    "F32, I32, -2.9, -2",
    "F32, I32, 3e9, 2147483647",
    "F32, I32, -3e9, -2147483648",
    "F32, I32, NaN, 0",
    "F64, I64, 1e30, 9223372036854775807",
    "F64, I8, 127.9, 127",
    "F64, I8, 1000, 127",
    "F64, I8, -1000, -128",
    "F64, I16, -1e9, -32768",
    "F64, I16, Infinity, 32767",
    "F32, U8, -1, 0",
    "F32, U8, 255.5, 255",
    "F32, U8, 300, 255",
    "F32, U8, NaN, 0",
    "BF16, I8, -Infinity, -128",
    "F32, BOOL, 0.5, 1",
    "F32, BOOL, -0.0, 0",
    "F32, BOOL, NaN, 1",
    "F64, F32, 1.00000006, 1.0000001192092896",
    "F64, F32, 1e300, Infinity",
    "F64, F32, 1e-300, 0",
    "F32, F64, 0.5, 0.5",
    "F32, BF16, 1.00390625, 1",
    "F32, BF16, 1.01171875, 1.015625",
    "F32, BF16, 3.4e38, Infinity",
    "F32, BF16, 1e-45, 0",
    "BF16, F32, -1.5, -1.5",
    "I32, I8, 200, -56",
    "I32, U8, -1, 255",
    "I64, I32, 4294967297, 1",
    "U8, I8, 255, -1",
    "I8, I32, -1, -1",
    "I32, BOOL, -7, 1",
    "BOOL, F32, 1, 1",
    "I32, F32, 16777217, 16777216",
    "I64, F64, 9007199254740993, 9007199254740992",
    "I32, BF16, 257, 256"
  })
  void castsRoundSaturateAndWrap(DType from, DType to, double v, double expected) {
    assertThat(cast(from, to, v)).isEqualTo(expected);
  }

  @Test
  void castsToFloatKeepNan() {
    for (DType to : new DType[] {DType.F32, DType.F64, DType.BF16}) {
      assertThat(cast(DType.F32, to, Double.NaN)).isNaN();
      assertThat(cast(DType.F64, to, Double.NaN)).isNaN();
    }
  }

  @Test
  void bf16RoundsToNearestEvenAtEveryTie() {
    for (int upper = 0; upper < 0x7f80; upper++) {
      float tie = Float.intBitsToFloat(upper << 16 | 0x8000);
      long even = (upper & 1) == 0 ? upper : upper + 1;
      assertThat(ScalarEval.bf16Bits(tie)).isEqualTo(even);
      assertThat(ScalarEval.bf16Bits(-tie)).isEqualTo(even | 0x8000);
      assertThat(ScalarEval.bf16Bits(Math.nextUp(tie))).isEqualTo(upper + 1);
      assertThat(ScalarEval.bf16Bits(Math.nextDown(tie))).isEqualTo(upper);
      assertThat(ScalarEval.bf16Bits(Float.intBitsToFloat(upper << 16))).isEqualTo(upper);
    }
    // A NaN whose payload lies in the lower half does not become an infinity.
    assertThat(ScalarEval.bf16Bits(Float.intBitsToFloat(0x7f800001))).isEqualTo(0x7fc0);
    assertThat(ScalarEval.bf16Bits(Float.intBitsToFloat(0xffffffff))).isEqualTo(0xffff);
  }

  @ParameterizedTest
  @CsvSource({
    "ADD, I32, 2147483647, 1, -2147483648",
    "SUB, I32, -2147483648, 1, 2147483647",
    "MUL, I32, 65536, 65536, 0",
    "ADD, I8, 127, 1, -128",
    "MUL, I16, 300, 300, 24464",
    "ADD, U8, 255, 1, 0",
    "SUB, U8, 0, 1, 255",
    "DIV, I32, 7, 2, 3",
    "DIV, I32, -7, 2, -3",
    "DIV, I32, -2147483648, -1, -2147483648",
    "DIV, I8, -128, -1, -128",
    "DIV, U8, 200, 3, 66",
    "DIV, I32, 7, 0, 0",
    "SHL, I32, 1, 31, -2147483648",
    "SHL, I32, 1, 32, 0",
    "SHL, I8, 1, 7, -128",
    "SHR, I32, -8, 1, -4",
    "SHR, I32, -8, 99, -1",
    "USHR, I32, -1, 28, 15",
    "USHR, I8, -1, 4, 15",
    "USHR, I32, -1, 32, 0",
    "MIN, U8, 200, 100, 100",
    "MAX, I8, -1, 1, 1",
    "XOR, U8, 255, 15, 240"
  })
  void integersWrap(Primitive p, DType t, double x, double y, double expected) {
    assertThat(apply(p, t, x, y)).isEqualTo(expected);
  }

  @Test
  void unaryIntegers() {
    assertThat(apply(Primitive.NEG, DType.I8, -128)).isEqualTo(-128);
    assertThat(apply(Primitive.ABS, DType.I32, Integer.MIN_VALUE)).isEqualTo(Integer.MIN_VALUE);
    assertThat(apply(Primitive.NOT, DType.U8, 0)).isEqualTo(255);
    assertThat(apply(Primitive.NOT, DType.BOOL, 1)).isZero();
    assertThat(apply(Primitive.POPCOUNT, DType.I8, -1)).isEqualTo(8);
    assertThat(apply(Primitive.POPCOUNT, DType.I64, -1)).isEqualTo(64);
  }

  @Test
  void minAndMaxGiveTheSecondOfEqualsAndNextToNan() {
    for (DType t : new DType[] {DType.F32, DType.F64, DType.BF16}) {
      for (Primitive p : new Primitive[] {Primitive.MIN, Primitive.MAX}) {
        assertThat(apply(p, t, Double.NaN, 2)).isEqualTo(2);
        assertThat(apply(p, t, 2, Double.NaN)).isNaN();
        assertThat(apply(p, t, 0.0, -0.0)).isEqualTo(Double.valueOf(-0.0));
        assertThat(apply(p, t, -0.0, 0.0)).isEqualTo(Double.valueOf(0.0));
      }
    }
  }

  @Test
  void floatPrimitives() {
    assertThat(apply(Primitive.ROUND, DType.F32, 2.5)).isEqualTo(2);
    assertThat(apply(Primitive.ROUND, DType.F64, -0.2)).isEqualTo(Double.valueOf(-0.0));
    assertThat(apply(Primitive.FLOOR, DType.F32, -0.5)).isEqualTo(-1);
    assertThat(apply(Primitive.NEG, DType.F32, 0.0)).isEqualTo(Double.valueOf(-0.0));
    assertThat(apply(Primitive.ABS, DType.BF16, -0.0)).isEqualTo(Double.valueOf(0.0));
    // One rounding: the exact square of 1 + 2^-12 has a bit that a product in f32 loses.
    double x = 1 + 0x1p-12;
    assertThat(apply(Primitive.FMA, DType.F32, x, x, -1 - 0x1p-11)).isEqualTo(0x1p-24);
    assertThat(apply(Primitive.ADD, DType.BF16, 1, 0.00390625)).isEqualTo(1);
    long nan = ScalarCode.bitsOf(DType.F32, Double.NaN);
    assertThat(ScalarEval.primitive(Primitive.NE, DType.F32, nan, nan, 0)).isEqualTo(1);
    assertThat(ScalarEval.primitive(Primitive.EQ, DType.F32, nan, nan, 0)).isZero();
    assertThat(ScalarEval.primitive(Primitive.LE, DType.F32, nan, nan, 0)).isZero();
  }

  @Test
  void bitsGoBothWays() {
    long minus = ScalarCode.bitsOf(DType.F32, -0.0);
    long asInt = ScalarEval.primitive(Primitive.BITS, DType.F32, minus, 0, 0);
    assertThat(asInt).isEqualTo(Integer.MIN_VALUE);
    assertThat(ScalarEval.primitive(Primitive.BITS, DType.I32, asInt, 0, 0)).isEqualTo(minus);
  }

  @Test
  void whatATypeLacksIsSaid() {
    assertThatThrownBy(() -> ScalarEval.primitive(Primitive.AND, DType.F32, 0, 0, 0))
        .hasMessage("no primitive and on f32");
    assertThatThrownBy(() -> ScalarEval.primitive(Primitive.SQRT, DType.I32, 0, 0, 0))
        .hasMessage("no primitive sqrt on i32");
    assertThatThrownBy(() -> ScalarEval.primitive(Primitive.ADD, DType.FRAME, 0, 0, 0))
        .hasMessage("no arithmetic on frame handles");
  }
}
