package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The text form: what it looks like, that it comes back, and what is said of text that is wrong.
class TextFormTest {
  private static final String STEP =
      """
      program "step \\"1\\"" {
        state %0:f32[4,2] StateEntry{name="fc.weight", type=f32[4,2], role=PARAMETER, \
      init=Uniform{low=-0.5, high=0.5}}
        state %1:i32[] StateEntry{name="n", type=i32[], role=STATISTIC, init=Fill{value=0.0}}
        input "count" %2:i32[]
        input "x" %3:f32[8?%2,4]
        function "twice" (%4:f32[8,2]) {
          %5:f32[8,2] = Map{code=(f32) {$0 = arg 0; $1 = add $0 $0; return $1}} %4
          return %5
        }
        %6:f32[8?%2,2] = Contract{leftBatch=[], rightBatch=[], leftContract=[1], \
      rightContract=[0]} %3 %0 @"fc" line "Model.java:41"
        %7:f32[2] = Reduce{kind=SUM, axes=[0]} %6 @"fc" line "Model.java:42" phase backward epoch 2
        %8:bool[] = Fill{type=bool[], bits=bool(1)}
        %9:f32[2], %10:i32[] = If %8 @"gate" () {
          %11:f32[2] = Fill{type=f32[2], bits=f32(0.1)}
          %12:f32[2] = Literal{tensor=tensor f32[2] (NaN -Infinity)}
          return %7 %2
        } () {
          %13:i32[] = Literal{tensor=tensor i32[] (-7)}
          return %7 %13
        }
        %14:i32[3] = Iota{type=i32[3], axis=0} phase update
        %15:f32[3,2] = Broadcast{target=[3, 2], axes=[1]} %9
        output "loss" %9
        update "fc.weight" %15 rows %14
        update "n" %10
      }
      """;

  @Test
  void textComesBackAsItWas() {
    Program p = Parser.parse(STEP);
    Verifier.verify(p);
    assertThat(Printer.print(p)).isEqualTo(STEP);
    assertThat(p.name()).isEqualTo("step \"1\"");
    Node product = p.nodes().get(0);
    assertThat(product.op()).isEqualTo(LinearOp.Contract.matmul());
    assertThat(product.origin())
        .isEqualTo(new Origin("fc", "Model.java:41", Origin.Phase.FORWARD, 0));
    assertThat(p.nodes().get(1).origin().epoch()).isEqualTo(2);
    assertThat(product.result().type().extents().get(0))
        .isEqualTo(new Extent.Ragged(8, p.inputs().get(0).value()));
    assertThat(p.state().get(0).entry().init()).isEqualTo(new StateEntry.Init.Uniform(-0.5, 0.5));
    assertThat(p.updates().get(0).rows()).isSameAs(p.nodes().get(4).result());
    assertThat(p.functions().keySet()).containsExactly("twice");
  }

  /// An accumulator is printed where there is one, and only there.
  @Test
  void accumulatorsComeBack() {
    String text =
        """
        program "sums" {
          input "x" %0:i8[2,3]
          input "images" %1:bf16[1,4,4,2]
          input "filters" %2:bf16[5,1,1,2]
          %3:i32[2,2] = Contract{leftBatch=[], rightBatch=[], leftContract=[1], \
        rightContract=[1], accumulator=i32} %0 %0
          %4:f32[1,4,4,5] = Conv{g=Geometry{kernelH=1, kernelW=1, strideH=1, strideW=1, top=0, \
        bottom=0, left=0, right=0, dilationH=1, dilationW=1, groups=1}, accumulator=f32} %1 %2
          output "y" %3
          output "z" %4
        }
        """;
    Program p = Parser.parse(text);
    Verifier.verify(p);
    assertThat(Printer.print(p)).isEqualTo(text);
    assertThat(((LinearOp.Contract) p.nodes().get(0).op()).accumulator()).isEqualTo(DType.I32);
    Program wrong = Parser.parse(text.replace("accumulator=i32", "accumulator=f32"));
    assertThatThrownBy(() -> Verifier.verify(wrong)).hasMessageContaining("sums of i8 in f32");
  }

  @Test
  void blanksAndCommentsDoNotMatter() {
    Program p =
        Parser.parse(
            """
            program "p" { // a program
              input "x" %0 : f32 [ 2 ]
              %1:f32[2]=Map{code=(f32){$0=arg 0;$1=f32(2);$2=mul $0 $1;return $2}}%0
              output "y" %1 }
            """);
    assertThat(Printer.print(Parser.parse(Printer.print(p)))).isEqualTo(Printer.print(p));
    assertThat(p.nodes()).hasSize(1);
  }

  @Test
  void everyBitOfATensorComesBack() {
    for (DType d : DType.values()) {
      long[] bits =
          switch (d) {
            case F32 ->
                new long[] {0x80000000L, 1, 0x7fc00001L, 0xff800001L, 0x3dcccccdL, 0x7f7fffffL};
            case F64 ->
                new long[] {
                  Long.MIN_VALUE, 1, 0x7ff8000000000001L, 0xfff0000000000001L, 0x3fb999999999999aL
                };
            case BF16 -> new long[] {0x8000, 1, 0x7fc1, 0xff81, 0x3dcd, 0x7f7f};
            case I8 -> new long[] {-128, 127};
            case I16 -> new long[] {-32768, 32767};
            case I32 -> new long[] {Integer.MIN_VALUE, Integer.MAX_VALUE};
            case I64 -> new long[] {Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1};
            case U8 -> new long[] {0, 255};
            case BOOL -> new long[] {0, 1};
            case FRAME -> new long[] {7};
          };
      HostTensor t = HostTensor.zeros(Type.of(d, bits.length));
      Emit e = new Emit();
      for (int i = 0; i < bits.length; i++) {
        t.setBits(i, bits[i]);
        e.add(new MoveOp.Fill(Type.of(d), bits[i]), new Value[0]);
      }
      Value v = e.literal(t);
      Program p =
          new Program(
              "bits",
              List.of(),
              List.of(),
              e.nodes(),
              List.of(new Program.Named("t", v)),
              List.of(),
              Map.of());
      List<Node> again = Parser.parse(Printer.print(p)).nodes();
      for (int i = 0; i < bits.length; i++) {
        assertThat(again.get(i).op()).isEqualTo(e.nodes().get(i).op());
      }
      MoveOp.Literal l = (MoveOp.Literal) again.get(bits.length).op();
      assertThat(l.tensor().sameBits(t)).as(d.text()).isTrue();
    }
  }

  @Test
  void everyScalarFunctionIsKnownByItsName() {
    for (ScalarFn f : Functions.STANDARD) {
      List<DType> params = Collections.nCopies(f.arity(), DType.F32);
      MapOp.Map m = new MapOp.Map(ScalarCode.of(f, params));
      Emit e = new Emit();
      Value x = e.parameter(Type.of(DType.F32, 3));
      e.add(m, Collections.nCopies(f.arity(), x).toArray(Value[]::new));
      Program p =
          new Program(
              "f",
              List.of(),
              List.of(new Program.Named("x", x)),
              e.nodes(),
              List.of(),
              List.of(),
              Map.of());
      assertThat(Parser.parse(Printer.print(p)).nodes().get(0).op()).isEqualTo(m);
    }
  }

  private record Wrong(String text, int line, int column, String says) {}

  @TestFactory
  Stream<DynamicTest> errorsSayWhereAndWhat() {
    return Stream.of(
            new Wrong("prog", 1, 1, "expected 'program', found 'prog'"),
            new Wrong("program \"p\" {", 1, 14, "expected '}', found the end"),
            new Wrong(
                "program \"p\" { function \"f\" () {", 1, 32, "expected 'return', found the end"),
            new Wrong("program \"p {", 1, 9, "this string has no end"),
            new Wrong(
                "program \"p\" {\n  %1:f33[] = Gather\n}", 2, 6, "unknown element type 'f33'"),
            new Wrong("program \"p\" {\n  %1:f32[] = Gater\n}", 2, 14, "found 'Gater'"),
            new Wrong("program \"p\" {\n  output \"y\" %3\n}", 2, 14, "%3 is not made before"),
            new Wrong(
                "program \"p\" {\n input \"a\" %1:f32[]\n input \"b\" %1:f32[]\n}",
                3, 12, "%1 is made twice"),
            new Wrong(
                "program \"p\" {\n  %1:f32[2] = Iota{axis=0}\n}",
                2, 15, "Iota lacks its attribute 'type'"),
            new Wrong(
                "program \"p\" {\n  %1:f32[2] = Iota{ax=0}\n}",
                2, 20, "Iota has no attribute 'ax'"),
            new Wrong(
                "program \"p\" {\n  %1:f32[2] = Iota{axis=0, axis=1}\n}",
                2, 28, "attribute 'axis' is given twice"),
            new Wrong(
                "program \"p\" {\n  %1:f32[2] = Reduce{kind=SUN, axes=[]}\n}",
                2, 27, "expected one of [ALL, ANY, ARGMAX, MAX, MIN, SUM], found 'SUN'"),
            new Wrong(
                "program \"p\" {\n  %1:f32[] = Reduce{kind=SUM, axes=[1, 0]}\n}",
                2, 14, "axes ascend"),
            new Wrong("program \"p\" {\n  %1:f32[-1] = Gather\n}", 2, 10, "at least 0"),
            new Wrong("program \"p\" {\n  %1:f32[2?%7] = Gather\n}", 2, 12, "%7 is not made"),
            new Wrong(
                "program \"p\" {\n  %1:f32[] = Map{code=(f32) {$0 = arg 1; return $0}}\n}",
                2, 35, "there is no parameter 1 of 1"),
            new Wrong(
                "program \"p\" {\n  %1:f32[] = Map{code=(f32) {$0 = foo; return}}\n}",
                2, 35, "no scalar function 'foo'"),
            new Wrong(
                "program \"p\" {\n  %1:f32[] = Map{code=(f32) {$0 = arg 0; $1 = add $0; return}}\n}",
                2, 47, "add takes 2 operands, found 1"),
            new Wrong(
                "program \"p\" {\n"
                    + "  = Foreign{box=\"b\", callback=java, ordered=true, types=[]}\n}",
                2,
                5,
                "no Java code is given for box 'b'"),
            new Wrong("program \"p\" {\n} more", 2, 3, "more text follows"))
        .map(w ->
            DynamicTest.dynamicTest(
                w.says,
                () -> {
                  assertThatThrownBy(() -> Parser.parse(w.text))
                      .isInstanceOf(SyntaxException.class)
                      .hasMessageContaining(w.says)
                      .hasMessageStartingWith("line " + w.line + ", column " + w.column + ": ")
                      .message()
                      .endsWith(
                          "\n  "
                              + w.text.split("\n")[w.line - 1]
                              + "\n  "
                              + " ".repeat(w.column - 1)
                              + "^");
                }));
  }
}
