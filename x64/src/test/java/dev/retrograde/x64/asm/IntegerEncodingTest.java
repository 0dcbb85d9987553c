package dev.retrograde.x64.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntegerEncodingTest {
  private final Cases cases = new Cases();
  private final Assembler a = cases.asm;

  @BeforeEach
  void needsDisassembler() {
    assumeTrue(ObjDump.isPresent(), "objdump is absent: install the package binutils");
  }

  private interface TwoRegisters {
    void write(Gpr x, Gpr y);
  }

  private interface OneRegister {
    void write(Gpr x);
  }

  private interface RegisterAndMemory {
    void write(Gpr x, Mem m);
  }

  private interface Memory {
    void write(Mem m);
  }

  private void rr(String name, int xBytes, int yBytes, TwoRegisters instruction) {
    for (Gpr x : Gpr.values()) {
      for (Gpr y : Gpr.values()) {
        String text = name + " " + Expected.gpr(x, xBytes) + "," + Expected.gpr(y, yBytes);
        cases.add(text, () -> instruction.write(x, y));
      }
    }
  }

  private void r(String name, String tail, OneRegister instruction) {
    for (Gpr x : Gpr.values()) {
      cases.add(name + " " + Expected.gpr(x, 8) + tail, () -> instruction.write(x));
    }
  }

  private void rm(String name, int bytes, String size, RegisterAndMemory instruction) {
    for (Gpr x : Gpr.values()) {
      for (Place p : Place.ALL) {
        String text = name + " " + Expected.gpr(x, bytes) + "," + size + p.text();
        cases.add(text, () -> instruction.write(x, p.mem()));
      }
    }
  }

  private void mr(String name, int bytes, RegisterAndMemory instruction) {
    for (Gpr x : Gpr.values()) {
      for (Place p : Place.ALL) {
        String text = name + " " + Expected.size(bytes) + p.text() + "," + Expected.gpr(x, bytes);
        cases.add(text, () -> instruction.write(x, p.mem()));
      }
    }
  }

  private void m(String name, int bytes, String tail, Memory instruction) {
    for (Place p : Place.ALL) {
      String text = name + " " + Expected.size(bytes) + p.text() + tail;
      cases.add(text, () -> instruction.write(p.mem()));
    }
  }

  @Test
  void movesMatchTheDisassembler() throws Exception {
    rr("mov", 8, 8, a::mov);
    rr("mov", 4, 4, a::mov32);
    rr("movsxd", 8, 4, a::movsxd);
    rr("movzx", 4, 1, a::movzx8);
    rm("mov", 8, "QWORD PTR ", a::mov);
    rm("mov", 4, "DWORD PTR ", a::mov32);
    rm("movsxd", 8, "DWORD PTR ", a::movsxd);
    rm("movzx", 4, "BYTE PTR ", a::movzx8);
    rm("movzx", 4, "WORD PTR ", a::movzx16);
    rm("movsx", 8, "BYTE PTR ", a::movsx8);
    rm("movsx", 8, "WORD PTR ", a::movsx16);
    rm("lea", 8, "", a::lea);
    mr("mov", 8, (x, m) -> a.mov(m, x));
    mr("mov", 4, (x, m) -> a.mov32(m, x));
    mr("mov", 2, (x, m) -> a.mov16(m, x));
    mr("mov", 1, (x, m) -> a.mov8(m, x));
    m("mov", 8, ",0x12345", m -> a.mov(m, 0x12345));
    m("mov", 8, ",0xffffffffffffffff", m -> a.mov(m, -1));
    m("mov", 4, ",0xfffffffe", m -> a.mov32(m, -2));
    r("mov", ",0xffffffff80000000", x -> a.mov(x, Integer.MIN_VALUE));
    r("movabs", ",0x123456789abcdef0", x -> a.mov(x, 0x123456789ABCDEF0L));
    r("movabs", ",0x8000000000000000", x -> a.mov(x, Long.MIN_VALUE));
    for (Gpr x : Gpr.values()) {
      cases.add("mov " + Expected.gpr(x, 4) + ",0x0", () -> a.mov(x, 0));
      cases.add("mov " + Expected.gpr(x, 4) + ",0xffffffff", () -> a.mov(x, 0xFFFFFFFFL));
      String half = Expected.gpr(x, 4);
      cases.add("xor " + half + "," + half, () -> a.zero(x));
    }
    r("push", "", a::push);
    r("pop", "", a::pop);
    cases.check();
  }

  @Test
  void arithmeticMatchesTheDisassembler() throws Exception {
    for (Alu op : Alu.values()) {
      String name = op.name().toLowerCase(Locale.ROOT);
      rr(name, 8, 8, (x, y) -> a.alu(op, x, y));
      rr(name, 4, 4, (x, y) -> a.alu32(op, x, y));
      rm(name, 8, "QWORD PTR ", (x, m) -> a.alu(op, x, m));
      mr(name, 8, (x, m) -> a.alu(op, m, x));
      r(name, ",0x7f", x -> a.alu(op, x, 127));
      r(name, ",0xffffffffffffff80", x -> a.alu(op, x, -128));
      r(name, ",0x80", x -> a.alu(op, x, 128));
      r(name, ",0xfffffffffffffedc", x -> a.alu(op, x, -0x124));
      m(name, 8, ",0x8", m -> a.alu(op, m, 8));
      m(name, 8, ",0x12345678", m -> a.alu(op, m, 0x12345678));
    }
    rr("add", 8, 8, a::add);
    rr("sub", 8, 8, a::sub);
    rr("and", 8, 8, a::and);
    rr("or", 8, 8, a::or);
    rr("xor", 8, 8, a::xor);
    rr("cmp", 8, 8, a::cmp);
    rm("add", 8, "QWORD PTR ", a::add);
    rm("sub", 8, "QWORD PTR ", a::sub);
    rm("and", 8, "QWORD PTR ", a::and);
    rm("or", 8, "QWORD PTR ", a::or);
    rm("xor", 8, "QWORD PTR ", a::xor);
    rm("cmp", 8, "QWORD PTR ", a::cmp);
    r("add", ",0x1", x -> a.add(x, 1));
    r("sub", ",0x1", x -> a.sub(x, 1));
    r("and", ",0x1", x -> a.and(x, 1));
    r("or", ",0x1", x -> a.or(x, 1));
    r("xor", ",0x1", x -> a.xor(x, 1));
    r("cmp", ",0x1", x -> a.cmp(x, 1));
    m("add", 8, ",0x40", m -> a.add(m, 64));
    rr("imul", 8, 8, a::imul);
    rm("imul", 8, "QWORD PTR ", a::imul);
    for (Gpr x : Gpr.values()) {
      for (Gpr y : Gpr.values()) {
        String text = "imul " + Expected.gpr(x, 8) + "," + Expected.gpr(y, 8);
        cases.add(text + ",0x7", () -> a.imul(x, y, 7));
        cases.add(text + ",0x1000", () -> a.imul(x, y, 0x1000));
      }
    }
    r("neg", "", a::neg);
    r("not", "", a::not);
    r("inc", "", a::inc);
    r("dec", "", a::dec);
    r("idiv", "", a::idiv);
    r("shl", ",0x3", x -> a.shl(x, 3));
    r("shr", ",0x3f", x -> a.shr(x, 63));
    r("sar", ",0x20", x -> a.sar(x, 32));
    rr("test", 8, 8, a::test);
    rr("popcnt", 8, 8, a::popcnt);
    rr("tzcnt", 8, 8, a::tzcnt);
    rr("lzcnt", 8, 8, a::lzcnt);
    cases.add("cqo", a::cqo);
    cases.check();
  }

  @Test
  void conditionsMatchTheDisassembler() throws Exception {
    for (Cond c : Cond.values()) {
      String suffix = c.name().toLowerCase(Locale.ROOT);
      rr("cmov" + suffix, 8, 8, (x, y) -> a.cmov(c, x, y));
      for (Gpr x : Gpr.values()) {
        cases.add("set" + suffix + " " + Expected.gpr(x, 1), () -> a.set(c, x));
      }
    }
    cases.check();
  }

  @Test
  void jumpsReachTheirLabels() throws Exception {
    Label start = a.here();
    Label end = a.newLabel("end");
    Label middle = a.newLabel("middle");
    for (Cond c : Cond.values()) {
      String name = "j" + c.name().toLowerCase(Locale.ROOT);
      cases.add(name + " 0x0", () -> a.j(c, start));
      assertThat(c.negated().negated()).isEqualTo(c);
    }
    int before = a.position();
    assertThat(before).as("backward jumps are short").isEqualTo(32);
    cases.add("call 0x0", () -> a.call(start));
    cases.add("jmp 0x0", () -> a.jmp(start));
    int target = before + 5 + 2 + 5 + 16 * 6 + 200;
    cases.add("jmp 0x" + Integer.toHexString(target), () -> a.jmp(end));
    for (Cond c : Cond.values()) {
      String name = "j" + c.name().toLowerCase(Locale.ROOT);
      cases.add(name + " 0x" + Integer.toHexString(target), () -> a.j(c, end));
    }
    a.bind(middle);
    for (int i = 0; i < 200; i++) {
      cases.add("int3", a::int3);
    }
    a.bind(end);
    assertThat(end.position()).isEqualTo(target);
    cases.add("jmp 0x0", () -> a.jmp(start));
    cases.add("je 0x0", () -> a.j(Cond.E, start));
    cases.add("call 0x" + Integer.toHexString(middle.position()), () -> a.call(middle));
    cases.check();
  }

  @Test
  void controlInstructionsMatchTheDisassembler() throws Exception {
    r("jmp", "", a::jmp);
    r("call", "", a::call);
    m("jmp", 8, "", a::jmp);
    m("call", 8, "", a::call);
    m("prefetcht0", 1, "", a::prefetcht0);
    m("prefetcht1", 1, "", a::prefetcht1);
    cases.add("ret", a::ret);
    cases.add("vzeroupper", a::vzeroupper);
    cases.add("cpuid", a::cpuid);
    cases.add("xgetbv", a::xgetbv);
    cases.add("int3", a::int3);
    cases.check();
  }

  @Test
  void placesInTheCodeAreRelativeToTheEndOfTheInstruction() throws Exception {
    Label data = a.newLabel("data");
    Mem m = Mem.rip(data);
    int end = 7 + 8 + 8 + 11 + 8 + 11;
    String at = "[0x" + Integer.toHexString(end) + "]";
    cases.add("lea r9," + at, () -> a.lea(Gpr.R9, m));
    cases.add("add QWORD PTR " + at + ",0x5", () -> a.add(m, 5));
    cases.add(
        "vaddps ymm9,ymm1,YMMWORD PTR [0x" + Integer.toHexString(end + 32) + "]",
        () -> a.v(VOp.VADDPS, Width.Y, Vec.V9, Vec.V1, m.plus(32)));
    cases.add(
        "vpternlogd zmm9,zmm1,DWORD BCST " + at + ",0x96",
        () -> a.v(VOp.VPTERNLOGD, Width.Z, Vec.V9, Vec.V1, m.broadcasting(), 0x96));
    cases.add("kmovw k1,WORD PTR " + at, () -> a.kmov(Lanes.W, Mask.K1, m));
    cases.add("mov QWORD PTR " + at + ",0x7", () -> a.mov(m, 7));
    a.bind(data);
    cases.add("lea r9," + at, () -> a.lea(Gpr.R9, m));
    cases.check();
  }

  @Test
  void paddingIsNoOperationOfAnyLength() throws Exception {
    for (int i = 1; i <= 64; i++) {
      a.align(64);
      for (int k = 0; k < i; k++) {
        a.int3();
      }
    }
    a.align(64);
    assertThat(a.position()).isEqualTo(64 * 64);
    ObjDump.disassemble(a.finish())
        .forEach((at, text) -> assertThat(text).matches("int3|nop( .*)?|xchg ax,ax"));
  }
}
