package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Verifier;
import dev.retrograde.target.Target;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SimplifyTest {
  private static final String ADD =
      "Map{code=(f32, f32) {$0 = arg 0; $1 = arg 1; $2 = add $0 $1; return $2}}";
  private static final String NEG = "Map{code=(f32) {$0 = arg 0; $1 = neg $0; return $1}}";

  private static String program(String... lines) {
    StringBuilder s = new StringBuilder("program \"p\" {\n");
    for (String line : lines) {
      s.append("  ").append(line).append('\n');
    }
    return s.append("}\n").toString();
  }

  /// The text before becomes the text after, which means the same, and goes no further.
  private static void check(String before, String after) {
    Program p = Parser.parse(before);
    assertThat(Printer.print(p)).isEqualTo(before);
    Program q = Simplify.run(p);
    Verifier.verify(q);
    assertThat(Printer.print(q)).isEqualTo(after);
    assertThat(Printer.print(Simplify.run(q))).isEqualTo(after);
    Map<String, HostTensor> a = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p);
    Map<String, HostTensor> b = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, q);
    Comparison.assertSameBits("meaning", a, b);
  }

  @Test
  void whatNoResultNeedsGoes() {
    check(
        program(
            "input \"x\" %0:f32[3]",
            "%1:f32[3] = " + NEG + " %0",
            "%2:f32[3] = " + NEG + " %1",
            "%3:f32[3] = " + ADD + " %0 %0",
            "output \"y\" %3"),
        program("input \"x\" %0:f32[3]", "%3:f32[3] = " + ADD + " %0 %0", "output \"y\" %3"));
  }

  @Test
  void equalNodesBecomeOne() {
    check(
        program(
            "input \"x\" %0:f32[3]",
            "%1:f32[3] = " + NEG + " %0",
            "%2:f32[3] = " + NEG + " %0",
            "%3:f32[3] = " + NEG + " %2",
            "%4:f32[3] = " + NEG + " %1",
            "%5:f32[3] = " + ADD + " %3 %4",
            "output \"y\" %5",
            "output \"z\" %2"),
        program(
            "input \"x\" %0:f32[3]",
            "%1:f32[3] = " + NEG + " %0",
            "%3:f32[3] = " + NEG + " %1",
            "%5:f32[3] = " + ADD + " %3 %3",
            "output \"y\" %5",
            "output \"z\" %1"));
  }

  @Test
  void partsOfTheStepAndEpochsOfClonesStayApart() {
    String text =
        program(
            "input \"x\" %0:f32[3]",
            "%1:f32[3] = " + NEG + " %0",
            "%2:f32[3] = " + NEG + " %0 phase backward",
            "%3:f32[3] = " + NEG + " %0 phase backward epoch 1",
            "%4:f32[3] = " + NEG + " %0 phase backward epoch 2",
            "output \"a\" %1",
            "output \"b\" %2",
            "output \"c\" %3",
            "output \"d\" %4");
    check(text, text);
  }

  @Test
  void constantsAreTheSameEverywhere() {
    check(
        program(
            "%0:f32[3] = Fill{type=f32[3], bits=f32(2.0)}",
            "%1:f32[3] = Fill{type=f32[3], bits=f32(2.0)} phase backward",
            "%2:f32[3] = " + ADD + " %0 %1 phase backward",
            "output \"y\" %2"),
        program(
            "%0:f32[3] = Fill{type=f32[3], bits=f32(2.0)}",
            "%2:f32[3] = " + ADD + " %0 %0 phase backward", "output \"y\" %2"));
  }

  @Test
  void nodesThatDoNothingGo() {
    check(
        program(
            "input \"x\" %0:f32[3]",
            "%1:f32[3] = StopGradient %0",
            "%2:f32[3] = Reshape{target=[3]} %1",
            "%3:f32[3] = " + NEG + " %2",
            "output \"y\" %3",
            "output \"x again\" %2"),
        program(
            "input \"x\" %0:f32[3]",
            "%3:f32[3] = " + NEG + " %0", "output \"y\" %3", "output \"x again\" %0"));
  }

  @Test
  void updatesKeepWhatTheyNeed() {
    String state =
        "state %0:f32[3] StateEntry{name=\"w\", type=f32[3], role=PARAMETER, init=Fill{value=1.0}}";
    check(
        program(
            state, "%1:f32[3] = " + NEG + " %0", "%2:f32[3] = " + NEG + " %0", "update \"w\" %2"),
        program(state, "%1:f32[3] = " + NEG + " %0", "update \"w\" %1"));
  }

  /// Java code that does more than compute runs as often as the program says, in blocks too.
  @Test
  void orderedCallsAreNeitherMergedNorRemoved() {
    int[] calls = new int[1];
    ControlOp.Callback count =
        x -> {
          calls[0]++;
          return new HostTensor[] {x[0]};
        };
    String box = "Foreign{box=\"box\", callback=java, ordered=true, types=[f32[3]]}";
    String text =
        program(
            "input \"x\" %0:f32[3]",
            "input \"c\" %1:bool[]",
            "%2:f32[3] = " + box + " %0",
            "%3:f32[3] = " + box + " %0",
            "%4:f32[3] = If %1 () {",
            "  %5:f32[3] = " + box + " %0",
            "  return %5",
            "} () {",
            "  %6:f32[3] = " + box + " %0",
            "  return %6",
            "}",
            "output \"x\" %0");
    Program p = Parser.parse(text, Map.of("box", count));
    Program q = Simplify.run(p);
    Comparison.run(new InterpTarget(), Target.Options.DEFAULT, q);
    assertThat(q.nodes()).hasSize(3);
    assertThat(calls[0]).isEqualTo(6);
  }

  @Test
  void randomProgramsKeepTheirBits() {
    for (int seed = 0; seed < 60; seed++) {
      Program p = RandomPrograms.make(seed);
      Program q = Simplify.run(p);
      Verifier.verify(q);
      assertThat(q.nodes().size()).isLessThanOrEqualTo(p.nodes().size());
      Comparison.assertSameBits(
          "seed " + seed,
          Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p),
          Comparison.run(new InterpTarget(), Target.Options.DEFAULT, q));
    }
  }
}
