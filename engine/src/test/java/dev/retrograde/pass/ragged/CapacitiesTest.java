package dev.retrograde.pass.ragged;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapacitiesTest {
  private static final String NEG = "Map{code=(f32) {$0 = arg 0; $1 = neg $0; return $1}}";

  private static String program(String... lines) {
    StringBuilder s = new StringBuilder("program \"p\" {\n");
    for (String line : lines) {
      s.append("  ").append(line).append('\n');
    }
    return s.append("}\n").toString();
  }

  private static Capacities.Fixed run(String text) {
    Capacities.Fixed f = Capacities.run(Verifier.verify(Parser.parse(text)));
    Verifier.verify(f.program());
    return f;
  }

  @Test
  void programsOfStaticSizesStayAsTheyAre() {
    Program p =
        Parser.parse(
            program("input \"x\" %0:f32[3]", "%1:f32[3] = " + NEG + " %0", "output \"y\" %1"));
    assertThat(Capacities.run(p).program()).isSameAs(p);
  }

  @Test
  void elementwiseNodesStayAndNameTheRowsThatAreRead() {
    Capacities.Fixed f =
        run(
            program(
                "input \"n\" %0:i32[]",
                "input \"x\" %1:f32[8?%0,4]",
                "%2:f32[8?%0,4] = " + NEG + " %1",
                "output \"y\" %2"));
    assertThat(Printer.print(f.program()))
        .isEqualTo(
            program(
                "input \"n\" %0:i32[]",
                "input \"x\" %3:f32[8,4]", "%4:f32[8,4] = " + NEG + " %3", "output \"y\" %4"));
    Value n = f.program().inputs().get(0).value();
    assertThat(f.counts().of(f.program().output("y"), Counts.Tail.UNREAD)).isEqualTo(n);
    assertThat(f.counts().of(f.program().output("y"), Counts.Tail.ZERO)).isNull();
  }

  @Test
  void aReductionAcrossTheAxisReadsItsIdentityPastTheCount() {
    Capacities.Fixed f =
        run(
            program(
                "input \"n\" %0:i32[]",
                "input \"x\" %1:f32[8?%0,4]",
                "%2:f32[4] = Reduce{kind=MAX, axes=[0]} %1",
                "output \"y\" %2"));
    assertThat(Printer.print(f.program()))
        .isEqualTo(
            program(
                "input \"n\" %0:i32[]",
                "input \"x\" %3:f32[8,4]",
                "%4:i32[8,4] = Iota{type=i32[8,4], axis=0}",
                "%5:i32[8,4] = Broadcast{target=[8, 4], axes=[]} %0",
                "%6:f32[8,4] = Map{code=(i32, i32, f32) {$0 = arg 0; $1 = arg 1; $2 = lt $0 $1; "
                    + "$3 = arg 2; $4 = f32(-Infinity); $5 = select $2 $3 $4; return $5}} "
                    + "%4 %5 %3",
                "%7:f32[4] = Reduce{kind=MAX, axes=[0]} %6",
                "output \"y\" %7"));
    assertThat(f.counts().of(f.program().output("y"), Counts.Tail.UNREAD)).isNull();
  }

  @Test
  void aReductionBesideTheAxisReadsWhatIsThere() {
    Capacities.Fixed f =
        run(
            program(
                "input \"n\" %0:i32[]",
                "input \"x\" %1:f32[8?%0,4]",
                "%2:f32[8?%0] = Reduce{kind=SUM, axes=[1]} %1",
                "output \"y\" %2"));
    assertThat(f.program().nodes()).hasSize(1);
  }

  private static List<Node> product(int capacity, int wide) {
    return run(program(
            "input \"n\" %0:i32[]",
            "input \"x\" %1:f32[" + capacity + "?%0," + wide + "]",
            "%2:f32["
                + wide
                + ","
                + wide
                + "] = Contract{leftBatch=[], rightBatch=[], "
                + "leftContract=[0], rightContract=[0]} %1 %1",
            "output \"y\" %2"))
        .program()
        .nodes();
  }

  @Test
  void aLargeProductOverTheAxisIsALoopOverBlocks() {
    List<Node> loop = product(256, 64);
    assertThat(loop)
        .filteredOn(n -> n.op() instanceof ControlOp.For)
        .singleElement()
        .satisfies(n -> assertThat(((ControlOp.For) n.op()).bound()).isEqualTo(2));
    assertThat(product(256, 8)).noneMatch(n -> n.op() instanceof ControlOp.For);
    assertThat(product(251, 64)).noneMatch(n -> n.op() instanceof ControlOp.For);
  }

  @Test
  void rowsPastTheCountRepeatTheLastOne() {
    Capacities.Fixed f =
        run(
            program(
                "input \"n\" %0:i32[]",
                "input \"table\" %1:f32[6,2]",
                "input \"x\" %2:f32[4?%0,2]",
                "input \"at\" %3:i32[4?%0]",
                "%4:f32[6,2] = SetRows %1 %2 %3",
                "%5:f32[6,2] = ScatterAdd{target=[6,2]} %2 %3",
                "output \"set\" %4",
                "output \"added\" %5"));
    Value n = f.program().inputs().get(0).value();
    for (Node m : f.program().nodes()) {
      if (m.op() instanceof MoveOp.ScatterAdd) {
        assertThat(f.counts().of(m.operand(0), Counts.Tail.ZERO)).isEqualTo(n);
      } else if (m.op() instanceof RowOp.SetRows) {
        assertThat(f.counts().of(m.operand(1), Counts.Tail.REPEATED)).isEqualTo(n);
        assertThat(f.counts().of(m.operand(2), Counts.Tail.REPEATED)).isEqualTo(n);
      }
    }
  }

  @Test
  void anEntryGoesWhereTwoValuesThatDifferBecomeOne() {
    Value a = new Value(0, Type.of(DType.F32, 3));
    Value b = new Value(1, a.type());
    Value n = new Value(2, Type.of(DType.I32));
    Value m = new Value(3, n.type());
    Counts c = new Counts();
    c.put(a, n, Counts.Tail.UNREAD);
    c.put(b, m, Counts.Tail.UNREAD);
    c.rename(b, v -> v == m ? n : v);
    c.merge(a, b);
    assertThat(c.of(a, Counts.Tail.UNREAD)).isEqualTo(n);
    c.put(b, n, Counts.Tail.ZERO);
    c.merge(a, b);
    assertThat(c.of(List.of(a))).isEmpty();
  }
}
