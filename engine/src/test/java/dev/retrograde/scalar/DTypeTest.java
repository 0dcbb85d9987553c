package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DTypeTest {
  @ParameterizedTest
  @CsvSource({
    "BOOL, BOOL, BOOL",
    "BOOL, U8, U8",
    "BOOL, I64, I64",
    "BOOL, BF16, BF16",
    "U8, I8, I16",
    "U8, I16, I16",
    "U8, I64, I64",
    "I8, I16, I16",
    "I16, I32, I32",
    "I32, I64, I64",
    "I64, BF16, BF16",
    "I64, F32, F32",
    "I32, F64, F64",
    "BF16, F32, F32",
    "BF16, F64, F64",
    "F32, F64, F64"
  })
  void promotionIsSymmetric(DType a, DType b, DType expected) {
    assertThat(DType.promote(a, b)).isEqualTo(expected);
    assertThat(DType.promote(b, a)).isEqualTo(expected);
  }

  @Test
  void promotionIsDefinedForAllNumbers() {
    for (DType a : DType.values()) {
      for (DType b : DType.values()) {
        if (a == DType.FRAME || b == DType.FRAME) {
          continue;
        }
        DType p = DType.promote(a, b);
        assertThat(DType.promote(p, a)).isEqualTo(p);
        assertThat(p.bytes()).isGreaterThanOrEqualTo(a.isFloat() == b.isFloat() ? a.bytes() : 1);
      }
    }
    assertThatThrownBy(() -> DType.promote(DType.FRAME, DType.I32))
        .hasMessageContaining("no part in arithmetic");
  }

  @Test
  void namesAreParsedBack() {
    for (DType t : DType.values()) {
      assertThat(DType.parse(t.text())).isEqualTo(t);
    }
    assertThatThrownBy(() -> DType.parse("float"))
        .hasMessageContaining("unknown element type 'float'");
  }
}
