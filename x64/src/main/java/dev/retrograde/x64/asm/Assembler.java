package dev.retrograde.x64.asm;

import static dev.retrograde.x64.asm.GprEncoder.TWO_BYTE;
import static dev.retrograde.x64.asm.IntegerInstructions.NO_ESCAPE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An x86-64 assembler: each method appends one instruction, `finish` gives the bytes.
///
/// Integer instructions are methods of their own name; without a number at the end they work on 64
/// bits. Vector instructions are rows of [VOp], written by `v(op, width, destination, sources...)`;
/// a write mask and whether it zeroes stand behind the destination, as they do in assembly. Between
/// the encodings (VEX or EVEX, short or long displacements and jumps) the assembler chooses.
///
/// Operands that cannot be encoded are an `IllegalArgumentException`, and nothing is written then.
/// The code is position independent; its constants are aligned relative to its start, so load it at
/// a multiple of 64 bytes. Not for several threads at once.
///
/// ```
/// Assembler a = new Assembler();
/// a.lea(Gpr.RAX, Mem.at(Gpr.RSI, Gpr.RDX, 1, 0));
/// a.ret();
/// byte[] code = a.finish();
/// ```
public final class Assembler {
  private final CodeBuffer out = new CodeBuffer();
  private final ConstantPool constants = new ConstantPool();
  private final @Nullable Listing listing;
  private final IntegerInstructions integers;
  private final MaskInstructions masks;
  private final VectorInstructions vectors;
  private int labels;
  private boolean finished;

  /// An assembler without a listing.
  public Assembler() {
    this(null);
  }

  private Assembler(@Nullable Listing listing) {
    this.listing = listing;
    this.integers = new IntegerInstructions(out, listing);
    this.masks = new MaskInstructions(out, listing);
    this.vectors = new VectorInstructions(out, listing);
  }

  /// An assembler that keeps the text of each instruction, for [#listing()]. Several times slower.
  public static Assembler withListing() {
    return new Assembler(new Listing());
  }

  // Places.

  /// Bytes written so far: the offset of the next instruction.
  public int position() {
    return out.position();
  }

  /// A new place, named by a number in the listing.
  public Label newLabel() {
    return newLabel("L" + labels++);
  }

  /// A new place with a name for the listing.
  public Label newLabel(String name) {
    return new Label(out, name);
  }

  /// Gives the label the current position.
  ///
  /// @throws IllegalStateException if it has one already
  public void bind(Label label) {
    label.requireIn(out);
    if (label.isBound()) {
      throw new IllegalStateException(
          "label " + label + " is bound at " + label.position() + " already; use a second label");
    }
    label.bindHere();
    if (listing != null) {
      listing.add(position(), label.name() + ":");
    }
  }

  /// A new label at the current position.
  public Label here() {
    Label label = newLabel();
    bind(label);
    return label;
  }

  /// Fills with no-operations up to a multiple of `alignment`, a power of two.
  public void align(int alignment) {
    int count = -position() & (alignment - 1);
    if (count > 0 && listing != null) {
      listing.add(position(), "; " + count + " bytes of nop");
    }
    Nop.write(out, count);
  }

  /// A remark in the listing, where one is kept.
  public void comment(String text) {
    if (listing != null) {
      listing.add(position(), "; " + text);
    }
  }

  /// The lines of the listing so far; empty without one.
  public List<ListingLine> listing() {
    return listing == null ? List.of() : listing.lines();
  }

  /// A constant in memory behind the code. Equal bytes are stored once.
  ///
  /// @param bytes its value, copied
  /// @param alignment a power of two up to 64
  public Mem constant(byte[] bytes, int alignment) {
    return Mem.rip(constants.label(out, bytes, alignment));
  }

  /// A constant of one or more lanes, aligned to its size up to the next power of two, at most 64.
  public Mem f32(float... lanes) {
    ByteBuffer bytes = little(Float.BYTES * lanes.length);
    bytes.asFloatBuffer().put(lanes);
    return aligned(bytes);
  }

  /// A constant of one or more lanes, aligned like [#f32].
  public Mem f64(double... lanes) {
    ByteBuffer bytes = little(Double.BYTES * lanes.length);
    bytes.asDoubleBuffer().put(lanes);
    return aligned(bytes);
  }

  /// A constant of one or more lanes, aligned like [#f32].
  public Mem i32(int... lanes) {
    ByteBuffer bytes = little(Integer.BYTES * lanes.length);
    bytes.asIntBuffer().put(lanes);
    return aligned(bytes);
  }

  /// A constant of one or more lanes, aligned like [#f32].
  public Mem i64(long... lanes) {
    ByteBuffer bytes = little(Long.BYTES * lanes.length);
    bytes.asLongBuffer().put(lanes);
    return aligned(bytes);
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Mem aligned(ByteBuffer bytes) {
    int ceiling = Integer.highestOneBit(Math.max(1, 2 * bytes.capacity() - 1));
    return constant(bytes.array(), Math.min(ConstantPool.MAX_ALIGNMENT, ceiling));
  }

  /// Writes the constants behind the code and gives all bytes. Ends the use of this assembler.
  ///
  /// @throws IllegalStateException if a label is used but bound nowhere, or on a second call
  public byte[] finish() {
    if (finished) {
      throw new IllegalStateException("finish was called before; start a new assembler");
    }
    finished = true;
    constants.write(out);
    if (!out.awaited().isEmpty()) {
      throw new IllegalStateException(
          "labels used but never bound: " + out.awaited() + "; bind each where its code begins");
    }
    return out.copy();
  }

  // Moves.

  /// `dst = src`.
  public void mov(Gpr dst, Gpr src) {
    integers.rr("mov", 8, 0x8B, dst, src);
  }

  /// `dst = src`, the low 32 bits; the high ones become zero.
  public void mov32(Gpr dst, Gpr src) {
    integers.rr("mov", 4, 0x8B, dst, src);
  }

  /// `dst = value`, in the shortest encoding; the flags stay as they are.
  public void mov(Gpr dst, long value) {
    integers.mov(dst, value);
  }

  /// `dst = 0`; changes the flags.
  public void zero(Gpr dst) {
    integers.rr("xor", 4, 0x33, dst, dst);
  }

  /// `dst = [src]`, 64 bits.
  public void mov(Gpr dst, Mem src) {
    integers.rm("mov", 8, 8, 0x8B, dst, src);
  }

  /// `dst = [src]`, 32 bits; the high ones become zero.
  public void mov32(Gpr dst, Mem src) {
    integers.rm("mov", 4, 4, 0x8B, dst, src);
  }

  /// `[dst] = src`, 64 bits.
  public void mov(Mem dst, Gpr src) {
    integers.mr("mov", 8, 0x89, dst, src);
  }

  /// `[dst] = src`, 32 bits.
  public void mov32(Mem dst, Gpr src) {
    integers.mr("mov", 4, 0x89, dst, src);
  }

  /// `[dst] = value`, 64 bits, the value sign-extended.
  public void mov(Mem dst, int value) {
    integers.mi("mov", 8, 0xC7, 0, dst, value, 4);
  }

  /// `[dst] = value`, 32 bits.
  public void mov32(Mem dst, int value) {
    integers.mi("mov", 4, 0xC7, 0, dst, value, 4);
  }

  /// `[dst] = src`, the low 16 bits.
  public void mov16(Mem dst, Gpr src) {
    integers.mov16(dst, src);
  }

  /// `[dst] = src`, the low 8 bits.
  public void mov8(Mem dst, Gpr src) {
    integers.mov8(dst, src);
  }

  /// `dst = src`, its low 32 bits sign-extended.
  public void movsxd(Gpr dst, Gpr src) {
    integers.movsxd(dst, src);
  }

  /// `dst = [src]`, 32 bits sign-extended.
  public void movsxd(Gpr dst, Mem src) {
    integers.rm("movsxd", 8, 4, 0x63, dst, src);
  }

  /// `dst = [src]`, 8 bits zero-extended.
  public void movzx8(Gpr dst, Mem src) {
    integers.rm("movzx", 4, 1, TWO_BYTE | 0xB6, dst, src);
  }

  /// `dst = [src]`, 16 bits zero-extended.
  public void movzx16(Gpr dst, Mem src) {
    integers.rm("movzx", 4, 2, TWO_BYTE | 0xB7, dst, src);
  }

  /// `dst = [src]`, 8 bits sign-extended.
  public void movsx8(Gpr dst, Mem src) {
    integers.rm("movsx", 8, 1, TWO_BYTE | 0xBE, dst, src);
  }

  /// `dst = [src]`, 16 bits sign-extended.
  public void movsx16(Gpr dst, Mem src) {
    integers.rm("movsx", 8, 2, TWO_BYTE | 0xBF, dst, src);
  }

  /// `dst = src`, its low 8 bits zero-extended.
  public void movzx8(Gpr dst, Gpr src) {
    integers.movzx8(dst, src);
  }

  /// `dst` = the address `src`.
  public void lea(Gpr dst, Mem src) {
    integers.rm("lea", 8, 0, 0x8D, dst, src);
  }

  /// Puts the register on the stack.
  public void push(Gpr src) {
    integers.one("push", 0x50, src);
  }

  /// Takes the register from the stack.
  public void pop(Gpr dst) {
    integers.one("pop", 0x58, dst);
  }

  /// `dst = src` if the condition holds.
  public void cmov(Cond cond, Gpr dst, Gpr src) {
    integers.rr("cmov" + cond.suffix(), 8, TWO_BYTE | 0x40 | cond.code(), dst, src);
  }

  // Arithmetic.

  /// `dst = dst op src`.
  public void alu(Alu op, Gpr dst, Gpr src) {
    integers.rr(op.mnemonic(), 8, op.number() << 3 | 3, dst, src);
  }

  /// `dst = dst op value`.
  public void alu(Alu op, Gpr dst, int value) {
    integers.alu(op, dst, value);
  }

  /// `dst = dst op [src]`.
  public void alu(Alu op, Gpr dst, Mem src) {
    integers.rm(op.mnemonic(), 8, 8, op.number() << 3 | 3, dst, src);
  }

  /// `[dst] = [dst] op src`.
  public void alu(Alu op, Mem dst, Gpr src) {
    integers.mr(op.mnemonic(), 8, op.number() << 3 | 1, dst, src);
  }

  /// `[dst] = [dst] op value`, 64 bits.
  public void alu(Alu op, Mem dst, int value) {
    integers.alu(op, dst, value);
  }

  /// `dst = dst op src` on the low 32 bits; the high ones become zero.
  public void alu32(Alu op, Gpr dst, Gpr src) {
    integers.rr(op.mnemonic(), 4, op.number() << 3 | 3, dst, src);
  }

  /// `dst = dst + src`.
  public void add(Gpr dst, Gpr src) {
    alu(Alu.ADD, dst, src);
  }

  /// `dst = dst + value`.
  public void add(Gpr dst, int value) {
    alu(Alu.ADD, dst, value);
  }

  /// `dst = dst + [src]`.
  public void add(Gpr dst, Mem src) {
    alu(Alu.ADD, dst, src);
  }

  /// `dst = dst - src`.
  public void sub(Gpr dst, Gpr src) {
    alu(Alu.SUB, dst, src);
  }

  /// `dst = dst - value`.
  public void sub(Gpr dst, int value) {
    alu(Alu.SUB, dst, value);
  }

  /// `dst = dst - [src]`.
  public void sub(Gpr dst, Mem src) {
    alu(Alu.SUB, dst, src);
  }

  /// `dst = dst & src`.
  public void and(Gpr dst, Gpr src) {
    alu(Alu.AND, dst, src);
  }

  /// `dst = dst & value`.
  public void and(Gpr dst, int value) {
    alu(Alu.AND, dst, value);
  }

  /// `dst = dst & [src]`.
  public void and(Gpr dst, Mem src) {
    alu(Alu.AND, dst, src);
  }

  /// `dst = dst | src`.
  public void or(Gpr dst, Gpr src) {
    alu(Alu.OR, dst, src);
  }

  /// `dst = dst | value`.
  public void or(Gpr dst, int value) {
    alu(Alu.OR, dst, value);
  }

  /// `dst = dst | [src]`.
  public void or(Gpr dst, Mem src) {
    alu(Alu.OR, dst, src);
  }

  /// `dst = dst ^ src`.
  public void xor(Gpr dst, Gpr src) {
    alu(Alu.XOR, dst, src);
  }

  /// `dst = dst ^ value`.
  public void xor(Gpr dst, int value) {
    alu(Alu.XOR, dst, value);
  }

  /// `dst = dst ^ [src]`.
  public void xor(Gpr dst, Mem src) {
    alu(Alu.XOR, dst, src);
  }

  /// Sets the flags of `dst - src`.
  public void cmp(Gpr dst, Gpr src) {
    alu(Alu.CMP, dst, src);
  }

  /// Sets the flags of `dst - value`.
  public void cmp(Gpr dst, int value) {
    alu(Alu.CMP, dst, value);
  }

  /// Sets the flags of `dst - [src]`.
  public void cmp(Gpr dst, Mem src) {
    alu(Alu.CMP, dst, src);
  }

  /// `[dst] = [dst] + value`, 64 bits.
  public void add(Mem dst, int value) {
    alu(Alu.ADD, dst, value);
  }

  /// `dst = dst * src`.
  public void imul(Gpr dst, Gpr src) {
    integers.rr("imul", 8, TWO_BYTE | 0xAF, dst, src);
  }

  /// `dst = dst * [src]`.
  public void imul(Gpr dst, Mem src) {
    integers.rm("imul", 8, 8, TWO_BYTE | 0xAF, dst, src);
  }

  /// `dst = src * value`.
  public void imul(Gpr dst, Gpr src, int value) {
    integers.imul(dst, src, value);
  }

  /// `dst = -dst`.
  public void neg(Gpr dst) {
    integers.digit("neg", 0xF7, 3, dst);
  }

  /// `dst = ~dst`.
  public void not(Gpr dst) {
    integers.digit("not", 0xF7, 2, dst);
  }

  /// `dst = dst + 1`.
  public void inc(Gpr dst) {
    integers.digit("inc", 0xFF, 0, dst);
  }

  /// `dst = dst - 1`.
  public void dec(Gpr dst) {
    integers.digit("dec", 0xFF, 1, dst);
  }

  /// `rax = rdx:rax / src`, `rdx` = the remainder, signed.
  public void idiv(Gpr src) {
    integers.digit("idiv", 0xF7, 7, src);
  }

  /// `rdx:rax = rax`, sign-extended.
  public void cqo() {
    integers.plain("cqo", 0x48, 0x99);
  }

  /// `dst = dst << count`.
  public void shl(Gpr dst, int count) {
    integers.shift("shl", 4, dst, count);
  }

  /// `dst = dst >>> count`.
  public void shr(Gpr dst, int count) {
    integers.shift("shr", 5, dst, count);
  }

  /// `dst = dst >> count`.
  public void sar(Gpr dst, int count) {
    integers.shift("sar", 7, dst, count);
  }

  /// Sets the flags of `a & b`.
  public void test(Gpr a, Gpr b) {
    integers.test(a, b);
  }

  /// `dst` = 1 if the condition holds, else 0; the low 8 bits only.
  public void set(Cond cond, Gpr dst) {
    integers.set(cond, dst);
  }

  /// `dst` = the number of bits set in `src`.
  public void popcnt(Gpr dst, Gpr src) {
    integers.popcnt(dst, src);
  }

  /// `dst` = the number of zero bits below the lowest one of `src`.
  public void tzcnt(Gpr dst, Gpr src) {
    integers.tzcnt(dst, src);
  }

  /// `dst` = the number of zero bits above the highest one of `src`.
  public void lzcnt(Gpr dst, Gpr src) {
    integers.lzcnt(dst, src);
  }

  // Control flow.

  /// Goes on at the label.
  public void jmp(Label target) {
    integers.branch("jmp", 0xEB, NO_ESCAPE, 0xE9, target);
  }

  /// Goes on at the label if the condition holds.
  public void j(Cond cond, Label target) {
    integers.j(cond, target);
  }

  /// Calls the code at the label.
  public void call(Label target) {
    integers.branch("call", NO_ESCAPE, NO_ESCAPE, 0xE8, target);
  }

  /// Goes on at the address in the register.
  public void jmp(Gpr target) {
    integers.indirect("jmp", 4, target);
  }

  /// Calls the address in the register.
  public void call(Gpr target) {
    integers.indirect("call", 2, target);
  }

  /// Goes on at the address in memory.
  public void jmp(Mem target) {
    integers.digit("jmp", false, 8, 0xFF, 4, target);
  }

  /// Calls the address in memory.
  public void call(Mem target) {
    integers.digit("call", false, 8, 0xFF, 2, target);
  }

  /// Returns.
  public void ret() {
    integers.plain("ret", 0xC3);
  }

  // The processor.

  /// Fetches the cache line of an address into all levels.
  public void prefetcht0(Mem place) {
    integers.digit("prefetcht0", false, 1, TWO_BYTE | 0x18, 1, place);
  }

  /// Fetches the cache line of an address into the second level.
  public void prefetcht1(Mem place) {
    integers.digit("prefetcht1", false, 1, TWO_BYTE | 0x18, 2, place);
  }

  /// Zeroes all vector registers above bit 127; before returning to code without AVX.
  public void vzeroupper() {
    integers.plain("vzeroupper", 0xC5, 0xF8, 0x77);
  }

  /// Asks for leaf RAX, subleaf RCX of the processor's description, into RAX, RBX, RCX, RDX.
  public void cpuid() {
    integers.plain("cpuid", 0x0F, 0xA2);
  }

  /// Reads the extended control register RCX into RDX:RAX.
  public void xgetbv() {
    integers.plain("xgetbv", 0x0F, 0x01, 0xD0);
  }

  /// Stops in a debugger.
  public void int3() {
    integers.plain("int3", 0xCC);
  }

  // Masks.

  /// `dst = src`.
  public void kmov(Lanes lanes, Mask dst, Mask src) {
    masks.kmov(lanes, dst, src);
  }

  /// `dst = src`, the low bits.
  public void kmov(Lanes lanes, Mask dst, Gpr src) {
    masks.kmov(lanes, dst, src);
  }

  /// `dst = src`, zero-extended.
  public void kmov(Lanes lanes, Gpr dst, Mask src) {
    masks.kmov(lanes, dst, src);
  }

  /// `dst = [src]`.
  public void kmov(Lanes lanes, Mask dst, Mem src) {
    masks.kmov(lanes, dst, src);
  }

  /// `[dst] = src`.
  public void kmov(Lanes lanes, Mem dst, Mask src) {
    masks.kmov(lanes, dst, src);
  }

  /// `dst = a op b`, for the operations on three masks.
  public void k(KOp op, Lanes lanes, Mask dst, Mask a, Mask b) {
    masks.k(op, lanes, dst, a, b);
  }

  /// `dst = op src`, or the flags of `dst` and `src`, for the operations on two masks.
  public void k(KOp op, Lanes lanes, Mask dst, Mask src) {
    masks.k(op, lanes, dst, src);
  }

  /// `dst = src << count`, by lanes.
  public void kshiftl(Lanes lanes, Mask dst, Mask src, int count) {
    masks.kshiftl(lanes, dst, src, count);
  }

  /// `dst = src >>> count`, by lanes.
  public void kshiftr(Lanes lanes, Mask dst, Mask src, int count) {
    masks.kshiftr(lanes, dst, src, count);
  }

  // Vectors: see VOp for what each instruction takes.

  /// `dst = op(b)`.
  public void v(VOp op, Width w, Vec dst, VecOrMem b) {
    vectors.rm(op, w, dst, Mask.K0, false, b);
  }

  /// `dst = op(b)` in the lanes of `k`; the others stay, or become zero.
  public void v(VOp op, Width w, Vec dst, Mask k, boolean zero, VecOrMem b) {
    vectors.rm(op, w, dst, k, zero, b);
  }

  /// `dst = op(b, imm)`.
  public void v(VOp op, Width w, Vec dst, VecOrMem b, int imm) {
    vectors.rmi(op, w, dst, Mask.K0, false, b, imm);
  }

  /// `dst = op(b, imm)` in the lanes of `k`; the others stay, or become zero.
  public void v(VOp op, Width w, Vec dst, Mask k, boolean zero, VecOrMem b, int imm) {
    vectors.rmi(op, w, dst, k, zero, b, imm);
  }

  /// `dst = op(a, b)`; fused operations read `dst` too.
  public void v(VOp op, Width w, Vec dst, Vec a, VecOrMem b) {
    vectors.rvm(op, w, dst, Mask.K0, false, a, b);
  }

  /// `dst = op(a, b)` in the lanes of `k`; the others stay, or become zero.
  public void v(VOp op, Width w, Vec dst, Mask k, boolean zero, Vec a, VecOrMem b) {
    vectors.rvm(op, w, dst, k, zero, a, b);
  }

  /// `dst = op(a, b, imm)`.
  public void v(VOp op, Width w, Vec dst, Vec a, VecOrMem b, int imm) {
    vectors.rvmi(op, w, dst, Mask.K0, false, a, b, imm);
  }

  /// `dst = op(a, b, imm)` in the lanes of `k`; the others stay, or become zero.
  public void v(VOp op, Width w, Vec dst, Mask k, boolean zero, Vec a, VecOrMem b, int imm) {
    vectors.rvmi(op, w, dst, k, zero, a, b, imm);
  }

  /// `dst = selector < 0 ? b : a`, by lanes: the blends of AVX.
  public void v(VOp op, Width w, Vec dst, Vec a, VecOrMem b, Vec selector) {
    vectors.rvmr(op, w, dst, a, b, selector);
  }

  /// `dst = op(a, b)`: a comparison into a mask.
  public void v(VOp op, Width w, Mask dst, Vec a, VecOrMem b) {
    vectors.compare(op, w, dst, Mask.K0, a, b);
  }

  /// `dst = k & op(a, b)`: a comparison into a mask.
  public void v(VOp op, Width w, Mask dst, Mask k, Vec a, VecOrMem b) {
    vectors.compare(op, w, dst, k, a, b);
  }

  /// `dst = op(a, b)`: a comparison with a predicate into a mask.
  public void v(VOp op, Width w, Mask dst, Vec a, VecOrMem b, int predicate) {
    vectors.compare(op, w, dst, Mask.K0, a, b, predicate);
  }

  /// `dst = k & op(a, b)`: a comparison with a predicate into a mask.
  public void v(VOp op, Width w, Mask dst, Mask k, Vec a, VecOrMem b, int predicate) {
    vectors.compare(op, w, dst, k, a, b, predicate);
  }

  /// `dst` = the sign bits of `src`'s lanes.
  public void v(VOp op, Width w, Mask dst, Vec src) {
    vectors.toMask(op, w, dst, src);
  }

  /// `dst` = all ones in the lanes of `src`, zero in the others.
  public void v(VOp op, Width w, Vec dst, Mask src) {
    vectors.fromMask(op, w, dst, src);
  }

  /// `dst = op(src)`: a move or a broadcast from a general-purpose register.
  public void v(VOp op, Width w, Vec dst, Gpr src) {
    vectors.fromGpr(op, w, dst, Mask.K0, false, src);
  }

  /// `dst = op(src)` in the lanes of `k`: a broadcast from a general-purpose register.
  public void v(VOp op, Width w, Vec dst, Mask k, boolean zero, Gpr src) {
    vectors.fromGpr(op, w, dst, k, zero, src);
  }

  /// `dst = op(src)`, the rest from `a`: a conversion of an integer.
  public void v(VOp op, Width w, Vec dst, Vec a, Gpr src) {
    vectors.fromGpr(op, w, dst, a, src);
  }

  /// `dst = op(src)`: a move or a conversion to a general-purpose register.
  public void v(VOp op, Width w, Gpr dst, Vec src) {
    vectors.toGpr(op, w, dst, src);
  }

  /// `[dst] = src`, narrowed if the instruction narrows.
  public void store(VOp op, Width w, Mem dst, Vec src) {
    vectors.store(op, w, dst, Mask.K0, src);
  }

  /// `[dst] = src` in the lanes of `k`; the others are not touched.
  public void store(VOp op, Width w, Mem dst, Mask k, Vec src) {
    vectors.store(op, w, dst, k, src);
  }

  /// `[dst] = op(src, imm)`: a part of the register.
  public void store(VOp op, Width w, Mem dst, Vec src, int imm) {
    vectors.store(op, w, dst, Mask.K0, src, imm);
  }

  /// `[dst] = op(src, imm)` in the lanes of `k`; the others are not touched.
  public void store(VOp op, Width w, Mem dst, Mask k, Vec src, int imm) {
    vectors.store(op, w, dst, k, src, imm);
  }

  /// `[dst] = src` in the lanes where `mask` is negative (AVX); the others are not touched.
  public void store(VOp op, Width w, Mem dst, Vec mask, Vec src) {
    vectors.store(op, w, dst, mask, src);
  }

  /// `dst = [from]` in the lanes where `mask` is negative (AVX2), which becomes zero.
  public void gather(VOp op, Width w, Vec dst, Mem from, Vec mask) {
    vectors.gather(op, w, dst, from, mask);
  }

  /// `dst = [from]` in the lanes of `k`, which becomes zero.
  public void gather(VOp op, Width w, Vec dst, Mask k, Mem from) {
    vectors.gather(op, w, dst, k, from);
  }

  /// `[to] = src` in the lanes of `k`, which becomes zero.
  public void scatter(VOp op, Width w, Mem to, Mask k, Vec src) {
    vectors.scatter(op, w, to, k, src);
  }
}
