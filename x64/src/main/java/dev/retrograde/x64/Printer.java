package dev.retrograde.x64;

import dev.retrograde.loop.Kernel;
import dev.retrograde.x64.asm.Alu;
import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Mem;

/// Prints a kernel as a function `void f(long* buffers, long lo, long hi)` of the System V
/// convention: lowering, registers, then one step after the other.
///
/// The loops count down. A family's register is brought up to date when a loop that uses it begins
/// and when it jumps back; in between, what it lags behind is added to displacements. A family that
/// is in a register only during a loop is forgotten at its end.
final class Printer {
  private final Assembler asm;
  private final Sequence seq;
  private final Frame frame;
  private final Operands at;
  private final ArithmeticPrinter arithmetic;
  private final ConversionPrinter conversion;
  private final MemoryPrinter memory;

  private Printer(Assembler asm, Sequence seq) {
    this.asm = asm;
    this.seq = seq;
    this.frame = new Frame(seq);
    this.at = new Operands(asm, seq, frame);
    this.arithmetic = new ArithmeticPrinter(at);
    this.conversion = new ConversionPrinter(at);
    this.memory = new MemoryPrinter(at);
  }

  /// Appends the kernel's function to the assembler's code.
  static void print(Kernel kernel, Features features, Assembler asm) {
    Sequence seq = Lowering.lower(kernel, features);
    Allocator.allocate(seq);
    new Printer(asm, seq).print();
  }

  private void print() {
    Label end = asm.newLabel("end");
    prologue(end);
    for (Ins ins : seq.code) {
      step(ins);
    }
    asm.bind(end);
    asm.vzeroupper();
    asm.mov(Gpr.RSP, frame.at(Frame.CALLER));
    for (int i = frame.saved.size() - 1; i >= 0; i--) {
      asm.pop(frame.saved.get(i));
    }
    asm.ret();
  }

  private void prologue(Label end) {
    for (Gpr r : frame.saved) {
      asm.push(r);
    }
    asm.mov(Gpr.RAX, Gpr.RSP);
    asm.sub(Gpr.RSP, frame.bytes());
    asm.and(Gpr.RSP, -64);
    asm.mov(frame.at(Frame.CALLER), Gpr.RAX);
    asm.mov(frame.at(Frame.ARGS), Gpr.RDI);
    asm.mov(frame.at(Frame.LO), Gpr.RSI);
    asm.mov(Gpr.RAX, Gpr.RDX);
    asm.sub(Gpr.RAX, Gpr.RSI);
    asm.j(Cond.LE, end);
    Loop outer = seq.loops.get(0);
    if (outer.counter != null) {
      asm.mov(outer.counter, Gpr.RAX);
    } else {
      asm.mov(frame.at(outer.slot), Gpr.RAX);
    }
    for (Loop.Resident r : outer.residents) {
      r.family().register = r.register();
    }
    for (Family f : seq.families) {
      begin(f);
    }
    for (Value v : seq.values) {
      if (v.isConstant() && v.register >= 0 && v.uses > 0) {
        at.reload(v, v.register);
      }
    }
  }

  /// Gives a family its value at the first iteration of the outermost loop.
  private void begin(Family f) {
    Gpr r = f.register != null ? f.register : Gpr.RCX;
    if (f.param != Family.NO_BUFFER) {
      asm.mov(r, frame.at(Frame.ARGS));
      asm.mov(r, Mem.at(r, 8 * f.param));
    } else {
      asm.mov(r, 0);
    }
    long step = f.step(0);
    if (step != 0) {
      asm.mov(Gpr.RAX, step);
      asm.imul(Gpr.RAX, frame.at(Frame.LO));
      asm.add(r, Gpr.RAX);
    }
    if (f.offset != 0) {
      asm.mov(Gpr.RAX, f.offset);
      asm.add(r, Gpr.RAX);
    }
    if (f.register == null) {
      asm.mov(frame.at(f.slot), r);
    }
  }

  private void step(Ins ins) {
    for (int k = 0; k < ins.args.length; k++) {
      if (ins.reload[k]) {
        at.reload(ins.args[k], ins.argRegister[k]);
      }
    }
    switch (ins.kind) {
      case LOOP_BEGIN -> begin(ins.loop());
      case LOOP_BACK -> back(ins.loop());
      case LOOP_EXIT -> exit(ins.loop());
      case APPLY -> arithmetic.print(ins);
      case COPY -> arithmetic.copy(ins);
      case INDEX -> arithmetic.index(ins);
      case SWAP -> arithmetic.swap(ins);
      case RESIZE -> conversion.resize(ins);
      case CAST -> conversion.print(ins);
      case LOAD, LOAD_MASKED, LOAD_BROADCAST, LOAD_GATHER -> memory.load(ins);
      case STORE, STORE_MASKED, STORE_SCATTER, STORE_LANES -> memory.store(ins);
    }
    if (ins.dst != null && ins.dst.spilled) {
      at.spill(ins.dst, ins.dstRegister);
    }
  }

  private void begin(Loop l) {
    for (Family f : l.families) {
      at.flush(f);
    }
    if (l.parent != null) {
      for (Loop.Resident r : l.residents) {
        asm.mov(r.register(), frame.at(r.family().slot));
        r.family().register = r.register();
      }
      if (l.counter != null) {
        asm.mov(l.counter, l.trips);
      } else {
        asm.mov(frame.at(l.slot), l.trips);
      }
    }
    if (l.children.isEmpty()) {
      asm.align(32);
    }
    l.label = asm.here();
  }

  private void back(Loop l) {
    for (Family f : l.families) {
      f.pending += f.step(l.var) * l.unroll;
      at.flush(f);
    }
    if (l.counter != null) {
      asm.dec(l.counter);
    } else {
      asm.alu(Alu.SUB, frame.at(l.slot), 1);
    }
    Label label = l.label;
    if (label == null) {
      throw new AssertionError("a loop ends that did not begin");
    }
    asm.j(Cond.NE, label);
  }

  private void exit(Loop l) {
    if (l.parent == null) {
      return;
    }
    for (Family f : l.families) {
      f.pending -= f.step(l.var) * l.unroll * l.trips;
    }
    for (Loop.Resident r : l.residents) {
      // The stack still holds what the register held when the loop began.
      r.family().register = null;
      r.family().pending = 0;
    }
  }
}
