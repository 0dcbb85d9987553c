package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Copies of nodes with blocks and run-time sizes.
class ClonerTest {
  private static final String LOOP =
      """
      program "p" {
        input "n" %0:i32[]
        input "x" %1:f32[4?%0]
        %2:i32[] = Fill{type=i32[], bits=i32(3)}
        %3:f32[4?%0] = For{bound=9} %2 %1 @"loop" line "A.java:1" (%4:i32[], %5:f32[4?%0]) {
          %6:f32[4?%0] = Fill{type=f32[4?%0], bits=f32(1.0)}
          %7:f32[4?%0] = Map{code=(f32, f32) {$0 = arg 0; $1 = arg 1; $2 = add $0 $1; return $2}} \
      %5 %6
          return %7
        }
        output "y" %3
      }
      """;

  @Test
  void everyValueOfACopyIsNewAndCountsFollow() {
    Program p = Parser.parse(LOOP);
    Emit e = new Emit();
    Value n = e.parameter(Type.of(DType.I32));
    Cloner c = new Cloner(e);
    c.put(p.inputs().get(0).value(), n);
    Value x = e.parameter(new Type(DType.F32, List.of(new Extent.Ragged(4, n))));
    c.put(p.inputs().get(1).value(), x);
    e.origin(new Origin("elsewhere", "", Origin.Phase.BACKWARD, 3));
    p.nodes().forEach(c::node);
    Node again = e.nodes().get(1);
    // A second copy of the first one, through the emitter.
    Value twice = e.clone(again, again.operands()).get(0);
    List<Program.Named> inputs = new ArrayList<>();
    inputs.add(new Program.Named("n", n));
    inputs.add(new Program.Named("x", x));
    Program q =
        new Program(
            "q",
            List.of(),
            inputs,
            e.nodes(),
            List.of(new Program.Named("y", c.of(p.output("y"))), new Program.Named("twice", twice)),
            List.of(),
            Map.of());
    Verifier.verify(q);
    assertThat(again.origin()).isEqualTo(new Origin("loop", "A.java:1", Origin.Phase.BACKWARD, 3));
    assertThat(e.origin().path()).isEqualTo("elsewhere");
    Map<String, HostTensor> out =
        Interpreter.run(
                q,
                Map.of(
                    "n", HostTensor.scalar(DType.I32, 2),
                    "x", HostTensor.of(Type.of(DType.F32, 2), 1, 2)),
                Map.of())
            .outputs();
    assertThat(out.get("y").toDoubles()).containsExactly(4, 5);
    assertThat(out.get("twice").toDoubles()).containsExactly(4, 5);
  }

  @Test
  void usesAreOperandsCapturedValuesAndCounts() {
    Program p = Parser.parse(LOOP);
    Node loop = p.nodes().get(1);
    Value n = p.inputs().get(0).value();
    Value x = p.inputs().get(1).value();
    assertThat(Uses.captured(loop)).containsExactly(n);
    assertThat(Uses.all(loop)).containsExactly(p.nodes().get(0).result(), x, n);
  }
}
