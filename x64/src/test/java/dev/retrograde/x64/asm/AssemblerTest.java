package dev.retrograde.x64.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AssemblerTest {
  private final Assembler a = new Assembler();

  private void refuses(ThrowingCallable instruction, String... words) {
    int before = a.position();
    assertThatThrownBy(instruction)
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .contains(words);
    assertThat(a.position()).as("nothing is written").isEqualTo(before);
  }

  @Test
  void vexIsTakenUnlessSomethingDemandsEvex() {
    a.v(VOp.VADDPS, Width.Y, Vec.V0, Vec.V1, Vec.V2);
    assertThat(a.position()).isEqualTo(4);
    a.v(VOp.VADDPS, Width.Y, Vec.V16, Vec.V1, Vec.V2);
    assertThat(a.position()).isEqualTo(4 + 6);
    a.v(VOp.VADDPS, Width.Z, Vec.V0, Vec.V1, Vec.V2);
    assertThat(a.position()).isEqualTo(4 + 6 + 6);
  }

  @Test
  void evexDisplacementsAreCompressed() {
    a.v(VOp.VADDPS, Width.Z, Vec.V0, Vec.V1, Mem.at(Gpr.RAX, 127 * 64));
    assertThat(a.position()).isEqualTo(7);
    a.v(VOp.VADDPS, Width.Z, Vec.V0, Vec.V1, Mem.at(Gpr.RAX, 128 * 64));
    assertThat(a.position()).isEqualTo(7 + 10);
    a.v(VOp.VADDPS, Width.Z, Vec.V0, Vec.V1, Mem.at(Gpr.RAX, -128 * 4).broadcasting());
    assertThat(a.position()).isEqualTo(7 + 10 + 7);
  }

  @Test
  void operandsThatCannotBeEncodedAreRefusedWithAReason() {
    refuses(() -> a.v(VOp.VADDPS, Width.Y, Vec.V0, Vec.V1), "VADDPS", "expected (dst, a, b)");
    refuses(() -> a.v(VOp.VADDPS, Width.S, Vec.V0, Vec.V1, Vec.V2), "VADDPS", "width S");
    refuses(() -> a.v(VOp.VPAND, Width.Z, Vec.V0, Vec.V1, Vec.V2), "VPAND", "width Z");
    refuses(() -> a.v(VOp.VPAND, Width.Y, Vec.V16, Vec.V1, Vec.V2), "VPAND", "EVEX");
    refuses(() -> a.v(VOp.VADDPS, Width.Y, Vec.V0, Mask.K0, true, Vec.V1, Vec.V2), "VADDPS", "K0");
    refuses(
        () -> a.v(VOp.VCMPPS, Width.Y, Vec.V20, Vec.V1, Vec.V2, 1), "VCMPPS", "registers 0 to 15");
    refuses(
        () -> a.v(VOp.VMOVUPS, Width.Y, Vec.V0, Mem.at(Gpr.RAX).broadcasting()),
        "VMOVUPS cannot broadcast");
    refuses(
        () -> a.store(VOp.VADDPS, Width.Y, Mem.at(Gpr.RAX), Vec.V0), "VADDPS", "wrong operands");
    refuses(() -> a.store(VOp.VPABSD, Width.Y, Mem.at(Gpr.RAX), Vec.V0), "VPABSD", "load only");
    refuses(
        () -> a.v(VOp.VADDPS, Width.Y, Vec.V0, Vec.V1, Mem.at(Gpr.RAX, Vec.V2, 4, 0)),
        "VADDPS",
        "gathers");
    refuses(
        () -> a.gather(VOp.VGATHERDPS, Width.Y, Vec.V0, Mem.at(Gpr.RAX), Vec.V1),
        "VGATHERDPS",
        "vector of indices");
    refuses(
        () -> a.gather(VOp.VGATHERDPS, Width.Y, Vec.V1, Mem.at(Gpr.RAX, Vec.V2, 4, 0), Vec.V1),
        "VGATHERDPS",
        "three registers");
    refuses(
        () -> a.gather(VOp.VGATHERDPS, Width.Z, Vec.V1, Mask.K0, Mem.at(Gpr.RAX, Vec.V2, 4, 0)),
        "VGATHERDPS",
        "K1 to K7");
    refuses(() -> a.v(VOp.VBLENDVPS, Width.Y, Vec.V0, Vec.V1, Vec.V2, Vec.V16), "selector", "V16");
    refuses(() -> a.v(VOp.VMOVSS, Width.S, Vec.V0, Vec.V1), "VMOVSS_R");
    refuses(() -> a.v(VOp.VMOVHLPS, Width.X, Vec.V0, Vec.V1, Mem.at(Gpr.RAX)), "VMOVHLPS");
    refuses(() -> a.mov(Gpr.RAX, Mem.at(Gpr.RAX).broadcasting()), "integer instruction");
    refuses(() -> a.shl(Gpr.RAX, 64), "shl", "64");
    refuses(() -> a.k(KOp.KAND, Lanes.W, Mask.K1, Mask.K2), "KAND", "3 masks");
    refuses(() -> Mem.at(Gpr.RAX, Gpr.RSP, 1, 0), "RSP");
    refuses(() -> Mem.at(Gpr.RAX, Gpr.RCX, 3, 0), "scale 3");
    refuses(() -> Vec.of(32), "32");
  }

  @Test
  void labelsAreCheckedAndNamed() {
    Label lost = a.newLabel("lost");
    a.jmp(lost);
    Label here = a.here();
    assertThatThrownBy(() -> a.bind(here))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("bound at 5 already");
    assertThatThrownBy(lost::position)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("lost");
    Label foreign = new Assembler().newLabel("foreign");
    refuses(() -> a.jmp(foreign), "foreign", "another assembler");
    refuses(() -> a.lea(Gpr.RAX, Mem.rip(foreign)), "foreign", "another assembler");
    refuses(() -> a.bind(foreign), "foreign", "another assembler");
    refuses(
        () -> a.v(VOp.VADDPS, Width.X, Vec.V0, Vec.V1, Mem.rip(foreign)),
        "foreign",
        "another assembler");
    assertThatThrownBy(a::finish)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("[lost]");
    assertThatThrownBy(a::finish)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("finish was called before");
  }

  @Test
  void backwardJumpsAreShortWhileTheyReach() {
    Label start = a.here();
    for (int i = 0; i < 126; i++) {
      a.int3();
    }
    a.jmp(start);
    assertThat(a.position()).as("-128 fits a byte").isEqualTo(128);
    a.jmp(start);
    assertThat(a.position()).as("-130 does not").isEqualTo(133);
  }

  @Test
  void equalConstantsAreStoredOnceAndAligned() {
    a.v(VOp.VADDSS, Width.S, Vec.V0, Vec.V0, a.f32(1));
    a.v(VOp.VADDSS, Width.S, Vec.V0, Vec.V0, a.i32(0x3F800000));
    a.v(VOp.VADDPS, Width.Y, Vec.V0, Vec.V0, a.i32(1, 2, 3, 4, 5, 6, 7, 8));
    a.v(VOp.VADDSD, Width.S, Vec.V0, Vec.V0, a.f64(1));
    a.v(VOp.VADDPS, Width.X, Vec.V0, Vec.V0, a.constant(new byte[16], 64));
    byte[] code = a.finish();
    ByteBuffer view = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(view.getInt(40)).as("1f, at the next multiple of 4").isEqualTo(0x3F800000);
    assertThat(view.getInt(64)).as("eight ints, at the next multiple of 32").isEqualTo(1);
    assertThat(view.getDouble(96)).isEqualTo(1.0);
    assertThat(code).as("the last at a multiple of 64, and nothing behind it").hasSize(144);
    int first = 4 + 4;
    assertThat(view.getInt(4)).isEqualTo(40 - first);
    assertThat(view.getInt(first + 4)).isEqualTo(40 - 2 * first);
    assertThatThrownBy(() -> a.constant(new byte[4], 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alignment 3");
  }

  @Test
  void theListingNamesEachInstructionWithItsOffset() {
    Assembler listed = Assembler.withListing();
    listed.comment("sum");
    Label loop = listed.newLabel("loop");
    listed.bind(loop);
    listed.v(VOp.VADDPS, Width.Y, Vec.V3, Vec.V3, Mem.at(Gpr.RAX, Gpr.RCX, 4, 32));
    listed.add(Gpr.RCX, 8);
    listed.j(Cond.L, loop);
    assertThat(listed.listing())
        .extracting(ListingLine::text)
        .isEqualTo(
            List.of(
                "; sum",
                "loop:",
                "vaddps ymm3,ymm3,YMMWORD PTR [rax+rcx*4+0x20]",
                "add rcx,0x8",
                "jl loop"));
    assertThat(listed.listing()).extracting(ListingLine::offset).containsExactly(0, 0, 0, 6, 10);
    assertThat(listed.listing().get(3)).hasToString("     6:   add rcx,0x8");
    assertThat(a.listing()).isEmpty();
  }
}
