package dev.retrograde.interp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Frames: packed in one place, unpacked in another, chained by a loop.
class FrameTest {
  /// A loop pushes 1, 2, 3 times x; a second one pops them, weighing each by its turn.
  private static final String CHAIN =
      """
      program "chain" {
        input "x" %0:f64[]
        input "n" %1:i32[]
        %2:frame[] = Pack
        %3:f64[] = Fill{type=f64[], bits=f64(0.0)}
        %4:frame[], %5:f64[] = For{bound=2147483647} %1 %2 %3 (%6:i32[], %7:frame[], %8:f64[]) {
          %9:f64[] = Map{code=(f64, f64) {$0 = arg 0; $1 = arg 1; $2 = add $0 $1; return $2}} %8 %0
          %10:frame[] = Pack %7 %9
          return %10 %9
        }
        %11:frame[], %12:f64[] = For{bound=2147483647} %1 %4 %3 (%13:i32[], %14:frame[], %15:f64[]) {
          %16:frame[], %17:f64[] = Unpack{types=[frame[], f64[]]} %14
          %18:f64[] = Map{code=(i32) {$0 = arg 0; $1 = cast f64 $0; return $1}} %13
          %19:f64[] = Map{code=(f64, f64, f64) {$0 = arg 0; $1 = arg 1; $2 = arg 2; $3 = fma $0 $1 $2; return $3}} %17 %18 %15
          return %16 %19
        }
        output "y" %12
      }
      """;

  @Test
  void framesOfTripsComeBackLastFirst() {
    Program p = Verifier.verify(Parser.parse(CHAIN));
    assertThat(Printer.print(p)).isEqualTo(CHAIN);
    // Popped: 3x, 2x, x with weights 0, 1, 2.
    assertThat(run(p, 5, 3)).isEqualTo(20);
    assertThat(run(p, 5, 0)).isEqualTo(0);
  }

  private static double run(Program p, double x, int n) {
    Map<String, HostTensor> in =
        Map.of("x", HostTensor.scalar(DType.F64, x), "n", HostTensor.scalar(DType.I32, n));
    return Interpreter.run(p, in, Map.of()).outputs().get("y").get(0);
  }
}
