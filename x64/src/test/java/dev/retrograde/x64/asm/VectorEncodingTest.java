package dev.retrograde.x64.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VectorEncodingTest {
  private static final int[][] LOW = {{0, 1, 2}, {7, 8, 15}, {9, 3, 12}, {15, 14, 4}, {4, 10, 9}};
  private static final int[][] HIGH = {
    {16, 1, 2}, {3, 17, 4}, {5, 6, 24}, {31, 30, 29}, {8, 23, 25}
  };

  private final Cases cases = new Cases();
  private final Assembler a = cases.asm;

  @BeforeEach
  void needsDisassembler() {
    assumeTrue(ObjDump.isPresent(), "objdump is absent: install the package binutils");
  }

  private static List<Width> widths(VOp op) {
    List<Width> list = new ArrayList<>();
    for (Width w : Width.values()) {
      if (op.hasWidth(w)) {
        list.add(w);
      }
    }
    return list;
  }

  private static List<int[]> registers(VOp op) {
    List<int[]> list = new ArrayList<>(List.of(LOW));
    if (op.hasEvex()) {
      list.addAll(List.of(HIGH));
    }
    return list;
  }

  private static boolean canMask(VOp op) {
    return op.hasEvex()
        && !op.name().matches("VUCOMIS.|VMOV(NTP.|HLPS|LHPS|D|Q)|VCVTSI2.*|VPMOV.2M");
  }

  private record Source(VecOrMem operand, String text) {}

  /// Every way to give the last source: registers, memory, broadcasts.
  private static List<Source> sources(VOp op, Width w) {
    String name = op.mnemonic();
    List<Source> list = new ArrayList<>();
    int bytes = Expected.memoryBytes(name, w);
    for (Place p : Place.ALL) {
      list.add(new Source(p.mem(), Expected.size(bytes) + p.text()));
    }
    if (op.hasEvex() && op.tuple().broadcasts()) {
      int element = Expected.broadcastBytes(name);
      for (Place p : Place.ALL) {
        // Where the result does not tell the width, the count of copies does.
        boolean ambiguous = w != Width.Z && Expected.isNarrowing(name);
        String copies = ambiguous ? "{1to" + w.bytes() / element + "}" : "";
        list.add(
            new Source(
                p.mem().broadcasting(), Expected.broadcastSize(element) + p.text() + copies));
      }
    }
    return list;
  }

  private static boolean registerOnlyInMemoryForm(VOp op) {
    return op.name().matches("VMOVS[SD]|VMOVNTP.|VBROADCAST[FI].*|VPMASKMOV.|VMASKMOV..");
  }

  private static boolean memoryAllowed(VOp op) {
    return !op.name().matches("VMOVS[SD]_R|VMOVHLPS|VMOVLHPS");
  }

  @Test
  void instructionsOfOneSourceMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.RM && op.form() != Form.RMI) {
        continue;
      }
      boolean imm = op.form() == Form.RMI;
      for (Width w : widths(op)) {
        Width result = Expected.resultWidth(op.mnemonic(), w);
        for (int[] r : registers(op)) {
          Vec dst = Vec.of(r[0]);
          String d = Expected.vec(r[0], result);
          if (!registerOnlyInMemoryForm(op)) {
            String s = Expected.vec(r[2], Expected.sourceWidth(op.mnemonic(), w));
            one(op, w, dst, d, Mask.K0, false, new Source(Vec.of(r[2]), s), imm);
            if (canMask(op)) {
              one(op, w, dst, d, Mask.K3, false, new Source(Vec.of(r[2]), s), imm);
              one(op, w, dst, d, Mask.K7, true, new Source(Vec.of(r[2]), s), imm);
            }
          }
        }
        for (Source s : sources(op, w)) {
          one(op, w, Vec.V5, Expected.vec(5, result), Mask.K0, false, s, imm);
          one(op, w, Vec.V12, Expected.vec(12, result), Mask.K0, false, s, imm);
          if (op.hasEvex()) {
            one(op, w, Vec.V28, Expected.vec(28, result), Mask.K0, false, s, imm);
          }
          if (canMask(op)) {
            one(op, w, Vec.V6, Expected.vec(6, result), Mask.K1, true, s, imm);
          }
        }
      }
    }
    cases.check();
  }

  private void one(VOp op, Width w, Vec dst, String d, Mask k, boolean z, Source s, boolean imm) {
    String text = op.mnemonic() + " " + d + mask(k, z) + "," + s.text();
    if (imm) {
      cases.add(text + ",0xb1", () -> a.v(op, w, dst, k, z, s.operand(), 0xB1));
    } else {
      cases.add(text, () -> a.v(op, w, dst, k, z, s.operand()));
    }
  }

  private static String mask(Mask k, boolean z) {
    return k == Mask.K0 ? "" : "{k" + k.ordinal() + "}" + (z ? "{z}" : "");
  }

  @Test
  void instructionsOfTwoSourcesMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.RVM && op.form() != Form.RVMI) {
        continue;
      }
      boolean imm = op.form() == Form.RVMI;
      for (Width w : widths(op)) {
        for (int[] r : registers(op)) {
          if (!registerOnlyInMemoryForm(op)) {
            String t = Expected.vec(r[2], Expected.sourceWidth(op.mnemonic(), w));
            Source s = new Source(Vec.of(r[2]), t);
            two(op, w, r[0], r[1], Mask.K0, false, s, imm);
            if (canMask(op)) {
              two(op, w, r[0], r[1], Mask.K2, false, s, imm);
              two(op, w, r[0], r[1], Mask.K5, true, s, imm);
            }
          }
        }
        if (!memoryAllowed(op)) {
          continue;
        }
        for (Source s : sources(op, w)) {
          two(op, w, 5, 11, Mask.K0, false, s, imm);
          if (op.hasEvex()) {
            two(op, w, 21, 2, Mask.K0, false, s, imm);
          }
          if (canMask(op)) {
            two(op, w, 1, 19, Mask.K4, false, s, imm);
          }
        }
      }
    }
    assertThat(cases.size()).isGreaterThan(20_000);
    cases.check();
  }

  private void two(VOp op, Width w, int d, int s1, Mask k, boolean z, Source s, boolean imm) {
    String text =
        op.mnemonic()
            + " "
            + Expected.vec(d, w)
            + mask(k, z)
            + ","
            + Expected.vec(s1, w)
            + ","
            + s.text();
    if (imm) {
      cases.add(text + ",0x1", () -> a.v(op, w, Vec.of(d), k, z, Vec.of(s1), s.operand(), 1));
    } else {
      cases.add(text, () -> a.v(op, w, Vec.of(d), k, z, Vec.of(s1), s.operand()));
    }
  }

  @Test
  void comparisonsMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.CMP && op.form() != Form.CMPI) {
        continue;
      }
      boolean imm = op.form() == Form.CMPI;
      int predicates = !imm ? 1 : op.hasVex() ? 32 : 8;
      for (Width w : widths(op)) {
        for (int p = 0; p < predicates; p++) {
          int predicate = p;
          String tail = imm ? ",0x" + Integer.toHexString(p) : "";
          if (imm && !op.hasVex() && (p == 3 || p == 7)) {
            continue;
          }
          if (op.hasVex() && w != Width.Z) {
            for (int[] r : LOW) {
              String t =
                  op.mnemonic()
                      + " "
                      + Expected.vec(r[0], w)
                      + ","
                      + Expected.vec(r[1], w)
                      + ","
                      + Expected.vec(r[2], w)
                      + tail;
              Vec d = Vec.of(r[0]);
              Vec x = Vec.of(r[1]);
              Vec y = Vec.of(r[2]);
              cases.add(
                  t,
                  () -> {
                    if (imm) {
                      a.v(op, w, d, x, y, predicate);
                    } else {
                      a.v(op, w, d, x, y);
                    }
                  });
            }
          }
          if (!op.hasEvex()) {
            continue;
          }
          for (int[] r : registers(op)) {
            toMask(op, w, Mask.K3, Mask.K0, r[1], register(r[2], w), imm, predicate);
            toMask(op, w, Mask.K7, Mask.K2, r[1], register(r[2], w), imm, predicate);
          }
          if (p < 2) {
            for (Source s : sources(op, w)) {
              toMask(op, w, Mask.K1, Mask.K0, 22, s, imm, predicate);
              toMask(op, w, Mask.K6, Mask.K5, 9, s, imm, predicate);
            }
          }
        }
      }
    }
    cases.check();
  }

  private static Source register(int r, Width w) {
    return new Source(Vec.of(r), Expected.vec(r, w));
  }

  private void toMask(
      VOp op, Width w, Mask dst, Mask k, int s1, Source s, boolean imm, int predicate) {
    String operands =
        " k" + dst.ordinal() + mask(k, false) + "," + Expected.vec(s1, w) + "," + s.text();
    String text = op.mnemonic() + operands;
    if (imm) {
      boolean equal = predicate == 0 && op.name().matches("VPCMP[DQ]");
      cases.add(
          equal
              ? "vpcmpeq" + op.mnemonic().substring(5) + operands
              : text + ",0x" + Integer.toHexString(predicate),
          () -> a.v(op, w, dst, k, Vec.of(s1), s.operand(), predicate));
    } else {
      cases.add(text, () -> a.v(op, w, dst, k, Vec.of(s1), s.operand()));
    }
  }
}
