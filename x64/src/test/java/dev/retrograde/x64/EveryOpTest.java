package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Ops beyond those of networks as machine code of every level: the bits of bytecode.
class EveryOpTest {
  private static void check(Program p) {
    Map<String, HostTensor> meant = Runs.run(new JvmTarget(), 1, p, 2);
    for (Target level : Runs.levels()) {
      Map<String, HostTensor> found = Runs.run(level, 2, p, 2);
      assertThat(found.keySet()).isEqualTo(meant.keySet());
      meant.forEach((name, x) ->
          assertThat(found.get(name).sameBits(x))
              .as("%s of %s: %s, expected %s", name, level.name(), found.get(name), x)
              .isTrue());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "I8, I32",
    "U8, I32",
    "I16, I64",
    "I32, I32",
    "I32, I64",
    "I64, I64",
    "BF16, F32",
    "BF16, F64",
    "F32, F64",
    "F64, F64"
  })
  void productsOfAnyType(DType operands, DType sum) {
    check(EveryOp.products(operands, sum));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BOOL", "FRAME"},
      mode = EnumSource.Mode.EXCLUDE)
  void theOthersOfAnyType(DType d) {
    check(EveryOp.others(d));
  }
}
