package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.scalar.DType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What the verifier finds. Programs are in text form; the parser lets all of them through.
class VerifierTest {
  private record Wrong(String says, String body) {}

  private static String program(String body) {
    return "program \"p\" {\n" + body + "}\n";
  }

  private static final String NEG = "Map{code=(f32) {$0 = arg 0; $1 = neg $0; return $1}}";

  private static List<Wrong> table() {
    return List.of(
        new Wrong(
            "the results are [f32[3]], the op infers [f32[2]]",
            """
            input "x" %0:f32[2]
            %1:f32[3] = StopGradient %0
            """),
        new Wrong(
            "the operands do not fit: gather takes a table and i32 indices",
            """
            input "x" %0:f32[2]
            %1:f32[2] = Gather %0 %0
            """),
        new Wrong("the operands do not fit: Index 0 out of bounds", "%1:f32[2] = StopGradient\n"),
        new Wrong(
            "an operand uses %5, which belongs to another block",
            """
            input "c" %0:bool[]
            input "x" %1:f32[]
            %2:f32[] = If %0 () {
              %5:f32[] = StopGradient %1
              return %5
            } () {
              return %1
            }
            %6:f32[] = StopGradient %5
            """),
        new Wrong(
            "results of the second branch are [f32[2]], expected [f32[]]",
            """
            input "c" %0:bool[]
            input "x" %1:f32[]
            input "y" %2:f32[2]
            %3:f32[] = If %0 () { return %1 } () { return %2 }
            """),
        new Wrong("expected 2 blocks, found 0", "input \"c\" %0:bool[]\n%1:f32[] = If %0\n"),
        new Wrong(
            "the condition is bool[], found i32[]",
            "input \"c\" %0:i32[]\n%1:i32[] = If %0 () { return %0 } () { return %0 }\n"),
        new Wrong(
            "parameters of the body are [i32[]], expected [i32[], f32[]]",
            """
            input "n" %0:i32[]
            input "x" %1:f32[]
            %2:f32[] = For{bound=3} %0 %1 (%3:i32[]) { return %1 }
            """),
        new Wrong(
            "axis 0 of f32[4] is not of size 3",
            """
            input "x" %0:f32[4]
            = Scan{trips=3, carried=0, reverse=false} %0 (%1:i32[], %2:f32[]) { return }
            """),
        new Wrong(
            "results of the rule are [], expected [f32[]]",
            """
            input "x" %0:f32[]
            %1:f32[] = Region{rule="r", outputs=1, companions=[0]} %0 (%2:f32[]) {
              return %2
            } (%3:f32[]) {
              return
            }
            """),
        new Wrong(
            "companion 1 is i32[] and cannot carry a gradient",
            """
            input "x" %0:f32[]
            input "n" %4:i32[]
            %1:f32[], %5:i32[] = Region{rule="r", outputs=2, companions=[1, 1]} %0 (%2:f32[]) {
              return %2 %4
            } () {
              return %0
            }
            """),
        new Wrong(
            "the run-time size of input x is %0 of type f32[], expected i32[]",
            "input \"n\" %0:f32[]\ninput \"x\" %1:f32[4?%0]\n"),
        new Wrong(
            "there is no function 'f' in []",
            "%0:f32[] = Call{function=\"f\", ordered=false, types=[f32[]]}\n"),
        new Wrong(
            "function 'f' takes 1 operands, found 0",
            """
            function "f" (%1:f32[]) { return %1 }
            %0:f32[] = Call{function="f", ordered=false, types=[f32[]]}
            """),
        new Wrong(
            "operand 0 of function 'f' is f32[2], expected f32[]",
            """
            input "x" %2:f32[2]
            function "f" (%1:f32[]) { return %1 }
            %0:f32[] = Call{function="f", ordered=false, types=[f32[]]} %2
            """),
        new Wrong(
            "function 'f' returns [f32[]], the call says [i32[]]",
            """
            input "x" %2:f32[]
            function "f" (%1:f32[]) { return %1 }
            %0:i32[] = Call{function="f", ordered=false, types=[i32[]]} %2
            """),
        new Wrong(
            "output 'y' is declared twice",
            "input \"x\" %0:f32[]\noutput \"y\" %0\n" + "output \"y\" %0\n"),
        new Wrong("input 'x' is declared twice", "input \"x\" %0:f32[]\ninput \"x\" %1:f32[]\n"),
        new Wrong(
            "update of 'w': there is no such state",
            "input \"x\" %0:f32[]\n" + "update \"w\" %0\n"),
        new Wrong(
            "the entry is f32[2], the value %1 is f32[]",
            state("f32[2]") + "input \"x\" %1:f32[]\nupdate \"w\" %1\n"),
        new Wrong(
            "state 'w' is updated twice", state("f32[2]") + "update \"w\" %0\nupdate \"w\" %0\n"),
        new Wrong(
            "rows of f32[2] are f32[3], the value %0 is f32[2]",
            state("f32[2]") + "input \"r\" %1:i32[3]\nupdate \"w\" %0 rows %1\n"),
        new Wrong(
            "rows are an i32 vector into axis 0 of f32[2], found f32[2]",
            state("f32[2]") + "update \"w\" %0 rows %0\n"));
  }

  private static String state(String type) {
    return "state %0:"
        + type
        + " StateEntry{name=\"w\", type="
        + type
        + ", role=PARAMETER, init=Fill{value=0.0}}\n";
  }

  @TestFactory
  Stream<DynamicTest> findsWhatIsWrong() {
    return table().stream()
        .map(w ->
            DynamicTest.dynamicTest(
                w.says,
                () -> {
                  Program p = Parser.parse(program(w.body));
                  assertThatThrownBy(() -> Verifier.verify(p))
                      .isInstanceOf(AssertionError.class)
                      .hasMessageStartingWith("program 'p': ")
                      .hasMessageContaining(w.says);
                }));
  }

  @Test
  void printsTheNodeAndItsNeighbours() {
    Program p =
        Parser.parse(
            program(
                "input \"x\" %0:f32[2]\n"
                    + "%1:f32[2] = "
                    + NEG
                    + " %0\n"
                    + "%2:f32[9] = "
                    + NEG
                    + " %1 @\"layer\" line \"Net.java:3\"\n"
                    + "%3:f32[2] = "
                    + NEG
                    + " %1\n"));
    assertThatThrownBy(() -> Verifier.verify(p))
        .hasMessage(
            "program 'p': the results are [f32[9]], the op infers [f32[2]]\n"
                + "  %1:f32[2] = "
                + NEG
                + " %0\n"
                + "> %2:f32[9] = "
                + NEG
                + " %1 @\"layer\" line \"Net.java:3\"\n"
                + "  %3:f32[2] = "
                + NEG
                + " %1");
  }

  @Test
  void aValueIsMadeOnceAndBeforeItIsUsed() {
    Value x = new Value(0, Type.of(DType.F32));
    Value y = new Value(1, Type.of(DType.F32));
    Node n = new Node(new MapOp.StopGradient(), List.of(y), List.of(x), List.of(), Origin.NONE);
    Node m = new Node(new MapOp.StopGradient(), List.of(x), List.of(y), List.of(), Origin.NONE);
    assertThatThrownBy(() -> Verifier.verify(of(List.of(), n, m)))
        .hasMessageContaining("an operand uses %1, which is not made before");
    List<Program.Named> in = List.of(new Program.Named("x", x));
    assertThat(Verifier.verify(of(in, m)).nodes()).containsExactly(m);
    assertThatThrownBy(() -> Verifier.verify(of(in, m, m)))
        .hasMessageContaining("%1 is made twice");
    Value same = new Value(1, Type.of(DType.F32));
    Node o = new Node(new MapOp.StopGradient(), List.of(x), List.of(same), List.of(), Origin.NONE);
    assertThatThrownBy(() -> Verifier.verify(of(in, m, o)))
        .hasMessageContaining("two values are called %1");
  }

  private static Program of(List<Program.Named> inputs, Node... nodes) {
    return new Program("p", List.of(), inputs, List.of(nodes), List.of(), List.of(), Map.of());
  }

  @Test
  void functionsSeeTheirParametersTheInputsAndTheStateOnly() {
    Verifier.verify(
        Parser.parse(
            program(
                """
                input "n" %0:i32[]
                function "f" (%1:i32[], %2:f32[4?%1]) {
                  %3:f32[4?%1] = StopGradient %2
                  %4:i32[] = StopGradient %0
                  return %3 %4
                }
                input "x" %5:f32[4?%0]
                %6:f32[4?%0], %7:i32[] = Call{function="f", ordered=false, \
                types=[f32[4?%0], i32[]]} %0 %5
                """)));
    Value outer = new Value(9, Type.of(DType.F32));
    Node n =
        new Node(
            new MoveOp.Fill(outer.type(), 0), List.of(), List.of(outer), List.of(), Origin.NONE);
    Program p =
        new Program(
            "p",
            List.of(),
            List.of(),
            List.of(n),
            List.of(),
            List.of(),
            Map.of("f", new Block(List.of(), List.of(), List.of(outer))));
    assertThatThrownBy(() -> Verifier.verify(p))
        .hasMessageContaining("a result of function 'f' uses %9, which is not made before");
  }

  @Test
  void aCallOfAnOrderedFunctionSaysSo() {
    String body =
        """
        function "f" () {
          = Foreign{box="b", callback=java, ordered=true, types=[]}
          return
        }
        = Call{function="f", ordered=%s, types=[]}
        """;
    Map<String, ControlOp.Callback> boxes = Map.of("b", x -> x);
    Verifier.verify(Parser.parse(program(body.formatted("true")), boxes));
    assertThatThrownBy(() -> Verifier.verify(Parser.parse(program(body.formatted("false")), boxes)))
        .hasMessageContaining("function 'f' has ordered effects, the call says that it has none");
  }
}
