package dev.retrograde.x64.asm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VectorMoveEncodingTest {
  private static final int[] LOW = {0, 7, 8, 15};
  private static final int[] ALL = {0, 7, 8, 15, 16, 23, 24, 31};

  private final Cases cases = new Cases();
  private final Assembler a = cases.asm;

  @BeforeEach
  void needsDisassembler() {
    assumeTrue(ObjDump.isPresent(), "objdump is absent: install the package binutils");
  }

  private static List<Width> widths(VOp op) {
    return List.of(Width.values()).stream().filter(op::hasWidth).toList();
  }

  private static int[] registers(VOp op) {
    return op.hasEvex() ? ALL : LOW;
  }

  private static String size(VOp op, Width w) {
    return Expected.size(Expected.memoryBytes(op.mnemonic(), w));
  }

  @Test
  void shiftsMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.VMI) {
        continue;
      }
      for (Width w : widths(op)) {
        for (int d : registers(op)) {
          int s = d ^ 5;
          String text =
              op.mnemonic() + " " + Expected.vec(d, w) + "," + Expected.vec(s, w) + ",0x1f";
          cases.add(text, () -> a.v(op, w, Vec.of(d), Vec.of(s), 31));
        }
        for (Place p : Place.ALL) {
          String operands = Expected.vec(19, w) + "{k2}{z}," + size(op, w) + p.text() + ",0x7";
          cases.add(
              op.mnemonic() + " " + operands, () -> a.v(op, w, Vec.V19, Mask.K2, true, p.mem(), 7));
          String element = Expected.broadcastSize(op.mnemonic().endsWith("q") ? 8 : 4);
          cases.add(
              op.mnemonic() + " " + Expected.vec(3, w) + "," + element + p.text() + ",0x7",
              () -> a.v(op, w, Vec.V3, p.mem().broadcasting(), 7));
        }
      }
    }
    cases.check();
  }

  @Test
  void storesMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      boolean plain =
          op.form() == Form.MR || (op.form() == Form.RM || op.form() == Form.RG) && op.hasStore();
      if (!plain) {
        continue;
      }
      boolean masks = op.hasEvex() && op.form() != Form.RG && !op.name().startsWith("VMOVNT");
      for (Width w : widths(op)) {
        for (int s : registers(op)) {
          for (Place p : Place.ALL) {
            String place = op.mnemonic() + " " + size(op, w) + p.text();
            String source = "," + Expected.vec(s, w);
            cases.add(place + source, () -> a.store(op, w, p.mem(), Vec.of(s)));
            if (masks) {
              cases.add(place + "{k6}" + source, () -> a.store(op, w, p.mem(), Mask.K6, Vec.of(s)));
            }
          }
        }
      }
    }
    cases.check();
  }

  @Test
  void narrowingMovesBetweenRegistersMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.MR || op.name().startsWith("VMOVNT")) {
        continue;
      }
      for (Width w : widths(op)) {
        Width narrow = Expected.sourceWidth(op.mnemonic(), w);
        for (int d : registers(op)) {
          int s = d ^ 9;
          String dst = op.mnemonic() + " " + Expected.vec(d, narrow);
          cases.add(dst + "," + Expected.vec(s, w), () -> a.v(op, w, Vec.of(d), Vec.of(s)));
          cases.add(
              dst + "{k4}{z}," + Expected.vec(s, w),
              () -> a.v(op, w, Vec.of(d), Mask.K4, true, Vec.of(s)));
        }
      }
    }
    cases.check();
  }

  @Test
  void extractionsMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      if (op.form() != Form.MRI) {
        continue;
      }
      for (Width w : widths(op)) {
        Width narrow = Expected.sourceWidth(op.mnemonic(), w);
        for (int d : registers(op)) {
          int s = d ^ 6;
          String source = "," + Expected.vec(s, w) + ",0x1";
          String dst = op.mnemonic() + " " + Expected.vec(d, narrow);
          cases.add(dst + source, () -> a.v(op, w, Vec.of(d), Vec.of(s), 1));
          if (op.hasEvex()) {
            cases.add(
                dst + "{k5}" + source, () -> a.v(op, w, Vec.of(d), Mask.K5, false, Vec.of(s), 1));
          }
          for (Place p : Place.ALL) {
            String place = op.mnemonic() + " " + size(op, w) + p.text();
            cases.add(place + source, () -> a.store(op, w, p.mem(), Vec.of(s), 1));
            if (op.hasEvex()) {
              cases.add(
                  place + "{k1}" + source, () -> a.store(op, w, p.mem(), Mask.K1, Vec.of(s), 1));
            }
          }
        }
      }
    }
    cases.check();
  }

  @Test
  void avxMaskedMovesAndBlendsMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      for (Width w : widths(op)) {
        for (int d : LOW) {
          String x = Expected.vec(d, w);
          String y = Expected.vec(d ^ 3, w);
          String z = Expected.vec(d ^ 13, w);
          if (op.form() == Form.RVMR) {
            cases.add(
                op.mnemonic() + " " + x + "," + y + "," + z + "," + x,
                () -> a.v(op, w, Vec.of(d), Vec.of(d ^ 3), Vec.of(d ^ 13), Vec.of(d)));
          }
          for (Place p : Place.ALL) {
            String place = size(op, w) + p.text();
            if (op.form() == Form.RVMR) {
              cases.add(
                  op.mnemonic() + " " + x + "," + y + "," + place + "," + z,
                  () -> a.v(op, w, Vec.of(d), Vec.of(d ^ 3), p.mem(), Vec.of(d ^ 13)));
            } else if (op.form() == Form.RVM && op.hasStore()) {
              cases.add(
                  op.mnemonic() + " " + x + "," + y + "," + place,
                  () -> a.v(op, w, Vec.of(d), Vec.of(d ^ 3), p.mem()));
              cases.add(
                  op.mnemonic() + " " + place + "," + y + "," + x,
                  () -> a.store(op, w, p.mem(), Vec.of(d ^ 3), Vec.of(d)));
            }
          }
        }
      }
    }
    cases.check();
  }

  @Test
  void gathersAndScattersMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      boolean gather = op.form() == Form.GATHER;
      if (!gather && op.form() != Form.SCATTER) {
        continue;
      }
      boolean quads = Expected.memoryBytes(op.mnemonic(), Width.X) == 8;
      String size = Expected.size(quads ? 8 : 4);
      for (Width w : widths(op)) {
        Width indexWidth = quads ? Expected.ofBytes(w.bytes() / 2) : w;
        for (Gpr base : List.of(Gpr.RAX, Gpr.RSP, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R15)) {
          for (int i : ALL) {
            for (int disp : new int[] {0, 8, 0x100, -0x1000}) {
              Mem m = Mem.at(base, Vec.of(i), 4, disp);
              String place =
                  size
                      + "["
                      + Expected.gpr(base, 8)
                      + "+"
                      + Expected.vec(i, indexWidth)
                      + "*4"
                      + displacement(base, disp)
                      + "]";
              int d = i ^ 11;
              String x = Expected.vec(d, w);
              if (gather && i < 16 && w != Width.Z) {
                cases.add(
                    op.mnemonic() + " " + x + "," + place + "," + Expected.vec(i ^ 6, w),
                    () -> a.gather(op, w, Vec.of(d), m, Vec.of(i ^ 6)));
              }
              if (gather) {
                cases.add(
                    op.mnemonic() + " " + x + "{k3}," + place,
                    () -> a.gather(op, w, Vec.of(d), Mask.K3, m));
              } else {
                cases.add(
                    op.mnemonic() + " " + place + "{k7}," + x,
                    () -> a.scatter(op, w, m, Mask.K7, Vec.of(d)));
              }
            }
          }
        }
      }
    }
    cases.check();
  }

  private static String displacement(Gpr base, int disp) {
    if (disp == 0) {
      return base == Gpr.RBP || base == Gpr.R13 ? "+0x0" : "";
    }
    return (disp < 0 ? "-0x" : "+0x") + Integer.toHexString(Math.abs(disp));
  }

  @Test
  void movesBetweenVectorAndIntegerRegistersMatchTheDisassembler() throws Exception {
    for (VOp op : VOp.values()) {
      for (Width w : widths(op)) {
        for (int v : registers(op)) {
          for (Gpr r : Gpr.values()) {
            switch (op.form()) {
              case RG -> {
                int bytes = op.mnemonic().endsWith("q") ? 8 : 4;
                String x = Expected.vec(v, w);
                String y = Expected.gpr(r, bytes);
                cases.add(op.mnemonic() + " " + x + "," + y, () -> a.v(op, w, Vec.of(v), r));
                if (op.hasStore()) {
                  cases.add(op.mnemonic() + " " + y + "," + x, () -> a.v(op, w, r, Vec.of(v)));
                } else {
                  cases.add(
                      op.mnemonic() + " " + x + "{k1}{z}," + y,
                      () -> a.v(op, w, Vec.of(v), Mask.K1, true, r));
                }
              }
              case RVG -> {
                String y = Expected.gpr(r, op.name().endsWith("_Q") ? 8 : 4);
                cases.add(
                    op.mnemonic()
                        + " "
                        + Expected.vec(v, w)
                        + ","
                        + Expected.vec(v ^ 2, w)
                        + ","
                        + y,
                    () -> a.v(op, w, Vec.of(v), Vec.of(v ^ 2), r));
              }
              case GM -> {
                String y = Expected.gpr(r, op.name().endsWith("_Q") ? 8 : 4);
                cases.add(
                    op.mnemonic() + " " + y + "," + Expected.vec(v, w),
                    () -> a.v(op, w, r, Vec.of(v)));
              }
              case RM, RMI, RVM, RVMI, RVMR, MR, MRI, VMI, CMP, CMPI, KM, RK, GATHER, SCATTER -> {}
            }
          }
        }
      }
    }
    for (Place p : Place.ALL) {
      cases.add("vmovd xmm9,DWORD PTR " + p.text(), () -> a.v(VOp.VMOVD, Width.X, Vec.V9, p.mem()));
      cases.add(
          "vmovq xmm30,QWORD PTR " + p.text(), () -> a.v(VOp.VMOVQ, Width.X, Vec.V30, p.mem()));
    }
    cases.check();
  }

  @Test
  void maskInstructionsMatchTheDisassembler() throws Exception {
    for (Lanes lanes : Lanes.values()) {
      String suffix = lanes.name().toLowerCase(Locale.ROOT);
      int gprBytes = lanes == Lanes.Q ? 8 : 4;
      for (Mask x : Mask.values()) {
        Mask y = Mask.values()[x.ordinal() ^ 3];
        Mask z = Mask.values()[x.ordinal() ^ 6];
        String kx = "k" + x.ordinal();
        String ky = "k" + y.ordinal();
        String kz = "k" + z.ordinal();
        for (KOp op : KOp.values()) {
          String name = op.name().toLowerCase(Locale.ROOT) + suffix + " ";
          if (op.operands() == 3) {
            cases.add(name + kx + "," + ky + "," + kz, () -> a.k(op, lanes, x, y, z));
          } else {
            cases.add(name + kx + "," + ky, () -> a.k(op, lanes, x, y));
          }
        }
        String kmov = "kmov" + suffix + " ";
        cases.add(kmov + kx + "," + ky, () -> a.kmov(lanes, x, y));
        for (Gpr r : Gpr.values()) {
          String g = Expected.gpr(r, gprBytes);
          cases.add(kmov + kx + "," + g, () -> a.kmov(lanes, x, r));
          cases.add(kmov + g + "," + kx, () -> a.kmov(lanes, r, x));
        }
        for (Place p : Place.ALL) {
          String place = Expected.size(1 << lanes.ordinal()) + p.text();
          cases.add(kmov + kx + "," + place, () -> a.kmov(lanes, x, p.mem()));
          cases.add(kmov + place + "," + kx, () -> a.kmov(lanes, p.mem(), x));
        }
        cases.add(
            "kshiftl" + suffix + " " + kx + "," + ky + ",0x3", () -> a.kshiftl(lanes, x, y, 3));
        cases.add(
            "kshiftr" + suffix + " " + kx + "," + ky + ",0x8", () -> a.kshiftr(lanes, x, y, 8));
      }
    }
    for (VOp op : VOp.values()) {
      for (Width w : widths(op)) {
        for (int v : ALL) {
          if (op.form() == Form.KM) {
            cases.add(
                op.mnemonic() + " k5," + Expected.vec(v, w), () -> a.v(op, w, Mask.K5, Vec.of(v)));
          } else if (op.form() == Form.RK) {
            cases.add(
                op.mnemonic() + " " + Expected.vec(v, w) + ",k6",
                () -> a.v(op, w, Vec.of(v), Mask.K6));
          }
        }
      }
    }
    cases.check();
  }
}
