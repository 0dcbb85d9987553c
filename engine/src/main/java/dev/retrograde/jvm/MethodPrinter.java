package dev.retrograde.jvm;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Prints one method. Parameters: the buffers, the scratch, then variables of loops around, then
/// registers. Each register is a local variable, and so is each buffer.
///
/// Places are bytes from the start of a buffer. [Places] keeps the part of a place that a loop's
/// variable moves in a local variable of that loop, so that an access adds only a constant; the
/// just-in-time compiler recognises the sums as scaled loop variables and moves bounds checks out
/// of the loop.
final class MethodPrinter {
  static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  static final ClassDesc BUFFERS = SEGMENT.arrayType();
  static final ClassDesc SCRATCH = ConstantDescs.CD_long.arrayType();
  private static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");
  private static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
  private static final ClassDesc DOUBLE = ClassDesc.of("java.lang.Double");

  private final ClassDesc owner;
  private final Kernel kernel;
  private final Constants constants;
  private final Map<Reg, Integer> scratch;
  private final CodeBuilder c;
  private final Lane lane;
  private final Map<Integer, Integer> buffers = new HashMap<>();
  private final Map<Integer, Integer> variables = new HashMap<>();
  private final int first;
  private Locals locals;
  private Places places;

  /// @param first local variable of the buffers; that of the scratch follows
  MethodPrinter(
      ClassDesc owner,
      Kernel kernel,
      Constants constants,
      Map<Reg, Integer> scratch,
      CodeBuilder c,
      int first) {
    this.owner = owner;
    this.kernel = kernel;
    this.constants = constants;
    this.scratch = scratch;
    this.c = c;
    this.lane = new Lane(c);
    this.first = first;
    this.locals = new Locals(List.of(), constants, Map.of(), Set.of(), List.of(), first + 2);
    this.places = new Places(c, kernel, List.of(), List.of());
  }

  static TypeKind kind(Reg r) {
    return switch (r.dtype()) {
      case F32 -> TypeKind.FLOAT;
      case F64 -> TypeKind.DOUBLE;
      case I32, BOOL -> TypeKind.INT;
      case I64 -> TypeKind.LONG;
      case BF16, I8, I16, U8, FRAME -> throw new AssertionError("no register holds " + r.dtype());
    };
  }

  /// The type of a part's method.
  static MethodTypeDesc type(Part p) {
    List<ClassDesc> params = new ArrayList<>(List.of(BUFFERS, SCRATCH));
    p.vars().forEach(v -> params.add(ConstantDescs.CD_int));
    p.in().forEach(r -> params.add(Lane.desc(r.dtype())));
    return MethodTypeDesc.of(ConstantDescs.CD_void, params);
  }

  /// The method that runs a range of the outermost loop, given as two longs after the scratch.
  void outermost(List<Item> body) {
    int from = first + 2;
    List<Item> whole = List.of(new Item.Loop(0, kernel.extent(), body));
    int free = begin(whole, List.of(), Map.of(), List.of(), List.of(), first + 6);
    int end = free;
    c.lload(from + 2).l2i().istore(end);
    c.lload(from).l2i().istore(end + 1);
    loop(0, end + 1, () -> c.iload(end), body, end + 2);
    c.return_();
  }

  /// The method of a part.
  void part(Part p) {
    int at = first + 2;
    for (int v : p.vars()) {
      variables.put(v, at++);
    }
    Map<Reg, Integer> fixed = new HashMap<>();
    for (Reg r : p.in()) {
      fixed.put(r, at);
      at += kind(r).slotSize();
    }
    int free = begin(p.body(), p.vars(), fixed, p.more(), p.out(), at);
    for (int v : p.vars()) {
      free = places.enter(v, variable(v), free);
    }
    print(p.body(), free);
    for (Reg r : p.out()) {
      toScratch(r);
    }
    c.return_();
  }

  /// Loads what the whole method uses; returns the first free local variable.
  private int begin(
      List<Item> items,
      List<Integer> vars,
      Map<Reg, Integer> fixed,
      List<Reg> more,
      List<Reg> out,
      int at) {
    int next = at;
    Set<Integer> used = new LinkedHashSet<>();
    gather(items, used);
    for (int p : used) {
      buffers.put(p, next);
      c.aload(first).loadConstant(p).aaload().astore(next);
      next++;
    }
    Flow flow = Flow.of(items, constants);
    Set<Reg> early = new LinkedHashSet<>(flow.exposed());
    for (Reg r : out) {
      if (!flow.sure().contains(r)) {
        early.add(r);
      }
    }
    early.addAll(more);
    early.removeAll(fixed.keySet());
    locals = new Locals(items, constants, fixed, early, out, next);
    places = new Places(c, kernel, items, vars);
    for (Reg r : early) {
      if (!more.contains(r)) {
        lane.constant(r.dtype(), 0);
        pop(r);
      }
    }
    more.forEach(this::fromScratch);
    return locals.firstFree();
  }

  private static void gather(List<Item> items, Set<Integer> params) {
    for (Item i : items) {
      switch (i) {
        case Item.Leaf leaf -> {
          int p = Flow.param(leaf.stmt());
          if (p >= 0) {
            params.add(p);
          }
        }
        case Item.Loop loop -> gather(loop.body(), params);
        case Item.Call call -> {}
      }
    }
  }

  private void print(List<Item> items, int free) {
    for (Item item : items) {
      switch (item) {
        case Item.Leaf leaf -> statement(leaf.stmt());
        case Item.Call call -> call(call.part());
        case Item.Loop loop -> {
          c.iconst_0().istore(free);
          loop(loop.var(), free, () -> c.loadConstant(loop.extent()), loop.body(), free + 1);
        }
      }
    }
  }

  private void loop(int var, int slot, Runnable end, List<Item> body, int free) {
    Label head = c.newLabel();
    Label after = c.newLabel();
    variables.put(var, slot);
    c.labelBinding(head);
    c.iload(slot);
    end.run();
    c.if_icmpge(after);
    print(body, places.enter(var, slot, free));
    c.iinc(slot, 1);
    c.goto_(head);
    c.labelBinding(after);
    places.leave(var);
    variables.remove(var);
  }

  private int variable(int var) {
    Integer slot = variables.get(var);
    if (slot == null) {
      throw new AssertionError("i" + var + " is used outside of its loop in\n" + kernel);
    }
    return slot;
  }

  private void call(Part p) {
    p.more().forEach(this::toScratch);
    c.aload(first).aload(first + 1);
    p.vars().forEach(v -> c.iload(variable(v)));
    p.in().forEach(this::push);
    c.invokestatic(owner, p.name(), type(p));
    p.out().forEach(this::fromScratch);
  }

  private void toScratch(Reg r) {
    c.aload(first + 1).loadConstant(index(r));
    push(r);
    switch (kind(r)) {
      case FLOAT ->
          c.invokestatic(FLOAT, "floatToRawIntBits", MethodTypeDesc.ofDescriptor("(F)I")).i2l();
      case DOUBLE ->
          c.invokestatic(DOUBLE, "doubleToRawLongBits", MethodTypeDesc.ofDescriptor("(D)J"));
      case LONG -> {}
      default -> c.i2l();
    }
    c.lastore();
  }

  private void fromScratch(Reg r) {
    c.aload(first + 1).loadConstant(index(r)).laload();
    switch (kind(r)) {
      case FLOAT ->
          c.l2i().invokestatic(FLOAT, "intBitsToFloat", MethodTypeDesc.ofDescriptor("(I)F"));
      case DOUBLE ->
          c.invokestatic(DOUBLE, "longBitsToDouble", MethodTypeDesc.ofDescriptor("(J)D"));
      case LONG -> {}
      default -> c.l2i();
    }
    pop(r);
  }

  private int index(Reg r) {
    Integer i = scratch.get(r);
    if (i == null) {
      throw new AssertionError(r + " has no place in the scratch");
    }
    return i;
  }

  private void push(Reg r) {
    if (constants.holds(r)) {
      lane.constant(r.dtype(), constants.bits(r));
    } else {
      c.loadLocal(kind(r), locals.slot(r));
    }
  }

  private void pop(Reg r) {
    c.storeLocal(kind(r), locals.slot(r));
  }

  private void statement(Stmt s) {
    switch (s) {
      case Stmt.For f -> throw new AssertionError("a loop is no leaf");
      case Stmt.Let l -> {
        value(l.to().dtype(), l.code());
        pop(l.to());
      }
      case Stmt.Store t -> {
        Label skip = c.newLabel();
        if (t.mask() != null) {
          push(t.mask());
          c.ifeq(skip);
        }
        DType storage = kernel.params().get(t.to().param());
        start(t.to().param(), storage);
        places.bytes(t.to().at(), storage.bytes());
        push(t.value());
        lane.narrow(t.value().dtype(), storage);
        ClassDesc element = element(storage);
        c.invokeinterface(
            SEGMENT,
            "set",
            MethodTypeDesc.of(
                ConstantDescs.CD_void, layout(storage), ConstantDescs.CD_long, element));
        c.labelBinding(skip);
      }
    }
  }

  private void value(DType to, Code code) {
    switch (code) {
      case Code.Const k -> lane.constant(to, k.bits());
      case Code.Copy k -> push(k.arg());
      case Code.Cast k -> {
        push(k.arg());
        lane.cast(k.arg().dtype(), to);
      }
      case Code.First k -> c.loadConstant(k.count() >= 1 ? 1 : 0);
      case Code.Index k -> places.index(k.value());
      case Code.Load k -> guarded(to, k.count(), k.mask(), () -> load(to, k.from(), null));
      case Code.Gather k -> guarded(to, k.count(), k.mask(), () -> load(to, k.from(), k.index()));
      case Code.Apply k -> apply(k.fn(), k.args());
      case Code.Swap k -> throw new AssertionError("one lane has no lane to swap with: " + k);
    }
  }

  private void guarded(DType to, int count, @Nullable Reg mask, Runnable load) {
    if (count < 1) {
      lane.constant(to, 0);
    } else if (mask == null) {
      load.run();
    } else {
      choice(mask, load, () -> lane.constant(to, 0));
    }
  }

  private void choice(Reg condition, Runnable yes, Runnable no) {
    push(condition);
    choice(Opcode.IFEQ, yes, no);
  }

  private void choice(Opcode unless, Runnable yes, Runnable no) {
    Label other = c.newLabel();
    Label end = c.newLabel();
    c.branch(unless, other);
    yes.run();
    c.goto_(end);
    c.labelBinding(other);
    no.run();
    c.labelBinding(end);
  }

  private void load(DType to, Mem from, @Nullable Reg index) {
    DType storage = kernel.params().get(from.param());
    start(from.param(), storage);
    places.bytes(from.at(), storage.bytes());
    if (index != null) {
      push(index);
      lane.cast(index.dtype(), DType.I64);
      c.loadConstant((long) storage.bytes()).lmul().ladd();
    }
    c.invokeinterface(
        SEGMENT,
        "get",
        MethodTypeDesc.of(element(storage), layout(storage), ConstantDescs.CD_long));
    lane.widen(storage);
    lane.cast(Reg.widened(storage), to);
  }

  private void start(int param, DType storage) {
    Integer slot = buffers.get(param);
    if (slot == null) {
      throw new AssertionError("p" + param + " has no local variable");
    }
    c.aload(slot);
    String constant =
        switch (storage) {
          case F32 -> "JAVA_FLOAT_UNALIGNED";
          case F64 -> "JAVA_DOUBLE_UNALIGNED";
          case I32 -> "JAVA_INT_UNALIGNED";
          case I64, FRAME -> "JAVA_LONG_UNALIGNED";
          case I16, BF16 -> "JAVA_SHORT_UNALIGNED";
          case I8, U8, BOOL -> "JAVA_BYTE";
        };
    c.getstatic(LAYOUT, constant, layout(storage));
  }

  private static ClassDesc layout(DType storage) {
    return LAYOUT.nested(
        switch (storage) {
          case F32 -> "OfFloat";
          case F64 -> "OfDouble";
          case I32 -> "OfInt";
          case I64, FRAME -> "OfLong";
          case I16, BF16 -> "OfShort";
          case I8, U8, BOOL -> "OfByte";
        });
  }

  private static ClassDesc element(DType storage) {
    return switch (storage) {
      case F32 -> ConstantDescs.CD_float;
      case F64 -> ConstantDescs.CD_double;
      case I32 -> ConstantDescs.CD_int;
      case I64, FRAME -> ConstantDescs.CD_long;
      case I16, BF16 -> ConstantDescs.CD_short;
      case I8, U8, BOOL -> ConstantDescs.CD_byte;
    };
  }

  private void apply(Primitive fn, List<Reg> args) {
    Reg x = args.get(0);
    DType t = x.dtype();
    if (fn == Primitive.SELECT) {
      choice(x, () -> push(args.get(1)), () -> push(args.get(2)));
      return;
    }
    if (t.isFloat() && (fn == Primitive.MIN || fn == Primitive.MAX)) {
      extreme(fn, x, args.get(1));
      return;
    }
    if (!t.isFloat() && fn == Primitive.FMA) {
      apply(Primitive.MUL, List.of(x, args.get(1)));
      push(args.get(2));
      lane.apply(Primitive.ADD, t, -1);
      return;
    }
    int shift = shift(fn, args);
    push(x);
    if (shift >= 0) {
      c.loadConstant(shift);
    } else {
      args.subList(1, args.size()).forEach(this::push);
    }
    lane.apply(fn, t, shift);
  }

  /// A constant shift count within range, or -1.
  private int shift(Primitive fn, List<Reg> args) {
    if (fn != Primitive.SHL && fn != Primitive.SHR && fn != Primitive.USHR) {
      return -1;
    }
    Reg count = args.get(1);
    if (!constants.holds(count)) {
      return -1;
    }
    long bits = count.dtype() == DType.I32 ? (int) constants.bits(count) : constants.bits(count);
    return bits >= 0 && bits < 8L * count.dtype().bytes() ? (int) bits : -1;
  }

  /// `x < y ? x : y` or `x > y ? x : y`, where a NaN compares as false.
  private void extreme(Primitive fn, Reg x, Reg y) {
    push(x);
    push(y);
    boolean single = x.dtype() == DType.F32;
    if (fn == Primitive.MIN) {
      if (single) {
        c.fcmpg();
      } else {
        c.dcmpg();
      }
    } else if (single) {
      c.fcmpl();
    } else {
      c.dcmpl();
    }
    choice(fn == Primitive.MIN ? Opcode.IFGE : Opcode.IFLE, () -> push(x), () -> push(y));
  }
}
