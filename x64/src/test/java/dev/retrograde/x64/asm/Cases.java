package dev.retrograde.x64.asm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Instructions in one assembler, each with the text expected of the disassembler.
final class Cases {
  private static final int SHOWN = 40;

  private record Case(int offset, String expected) {}

  final Assembler asm = Assembler.withListing();
  private final List<Case> cases = new ArrayList<>();

  void add(String expected, Runnable instruction) {
    cases.add(new Case(asm.position(), expected));
    instruction.run();
  }

  int size() {
    return cases.size();
  }

  /// Compares the disassembler's text and the assembler's own listing with what is expected.
  void check() throws IOException, InterruptedException {
    int end = asm.position();
    byte[] code = asm.finish();
    Map<Integer, String> found = ObjDump.disassemble(code);
    Map<Integer, String> listed = new HashMap<>();
    asm.listing().forEach(line -> listed.put(line.offset(), line.text()));
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      Case c = cases.get(i);
      int next = i + 1 < cases.size() ? cases.get(i + 1).offset() : end;
      String text = found.get(c.offset());
      if (!c.expected().equals(text)) {
        wrong.add(
            "expected " + c.expected() + "\n   found " + text + "  " + hex(code, c.offset(), next));
      }
      String own = listed.get(c.offset());
      if (own == null || !lenient(own).equals(lenient(c.expected()))) {
        wrong.add("expected " + c.expected() + "\n  listed " + own);
      }
    }
    assertThat(wrong.size() > SHOWN ? wrong.subList(0, SHOWN) : wrong)
        .as("%d of %d instructions differ", wrong.size(), cases.size())
        .isEmpty();
  }

  // The listing leaves the displacement 0 away and names places in the code by their label; where
  // those are, only the disassembler tells.
  private static String lenient(String text) {
    return text.replace("+0x0]", "]")
        .replaceAll("\\{1to\\d+}", "")
        .replaceAll("^vpcmp([dq]) (.*),0x0$", "vpcmpeq$1 $2")
        .replaceAll("\\[(rip\\+\\S+|0x[0-9a-f]+)]", "[code]")
        .replaceAll("^(j\\w+|call) [\\w]+$", "$1 code");
  }

  private static String hex(byte[] code, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append("%02x ".formatted(code[i]));
    }
    return text.toString();
  }
}
