package dev.retrograde.loop;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarEval;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The meaning of a kernel, executed one lane at a time: what every printer's code must do, bit for
/// bit. Slow on purpose; it checks each access against its buffer.
///
/// Lanes are kept as stored bits, as in [ScalarEval]. An instance runs once.
public final class KernelReference {
  private final Kernel kernel;
  private final List<MemorySegment> buffers;
  private final Map<Integer, long[]> registers = new HashMap<>();
  private final Map<Integer, Long> variables = new HashMap<>();

  private KernelReference(Kernel kernel, List<MemorySegment> buffers) {
    this.kernel = kernel;
    this.buffers = List.copyOf(buffers);
  }

  /// Runs iterations `from` to `to - 1` of the outermost loop.
  ///
  /// @param buffers one for each parameter
  /// @throws IndexOutOfBoundsException if the kernel leaves a buffer
  public static void run(Kernel kernel, List<MemorySegment> buffers, long from, long to) {
    if (buffers.size() != kernel.params().size()) {
      throw new IllegalArgumentException(
          "kernel: expected " + kernel.params().size() + " buffers, found " + buffers.size());
    }
    KernelReference run = new KernelReference(kernel, buffers);
    for (long i = from; i < to; i++) {
      run.variables.put(0, i);
      run.run(kernel.body());
    }
  }

  private void run(List<Stmt> body) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.For f -> {
          for (long i = 0; i < f.extent(); i++) {
            variables.put(f.var(), i);
            run(f.body());
          }
        }
        case Stmt.Let l -> registers.put(l.to().id(), value(l.to().dtype(), l.code()));
        case Stmt.Store t -> store(t);
      }
    }
  }

  private void store(Stmt.Store t) {
    DType storage = kernel.params().get(t.to().param());
    long at = at(t.to().at());
    long[] v = lanes(t.value());
    for (int j = 0; j < t.count(); j++) {
      if (open(t.mask(), j)) {
        long bits = ScalarEval.cast(t.value().dtype(), plain(storage), v[j]);
        write(storage, buffers.get(t.to().param()), at + (long) j * t.stride(), bits);
      }
    }
  }

  private long[] value(DType type, Code code) {
    long[] r = new long[kernel.lanes()];
    switch (code) {
      case Code.Const c -> java.util.Arrays.fill(r, canonical(type, c.bits()));
      case Code.Load l -> {
        long at = at(l.from().at());
        for (int j = 0; j < l.count(); j++) {
          if (open(l.mask(), j)) {
            r[j] = read(type, l.from().param(), at + (long) j * l.stride());
          }
        }
      }
      case Code.Gather g -> {
        long at = at(g.from().at());
        long[] index = lanes(g.index());
        for (int j = 0; j < g.count(); j++) {
          if (open(g.mask(), j)) {
            r[j] = read(type, g.from().param(), at + index[j]);
          }
        }
      }
      case Code.Apply a -> apply(a, r);
      case Code.Cast c -> {
        long[] x = lanes(c.arg());
        for (int j = 0; j < r.length; j++) {
          r[j] = ScalarEval.cast(c.arg().dtype(), type, x[j]);
        }
      }
      case Code.Copy c -> System.arraycopy(lanes(c.arg()), 0, r, 0, r.length);
      case Code.Index i -> {
        long at = at(i.value());
        for (int j = 0; j < r.length; j++) {
          r[j] = (int) (at + (long) j * i.step());
        }
      }
      case Code.First f -> {
        for (int j = 0; j < r.length; j++) {
          r[j] = j < f.count() ? 1 : 0;
        }
      }
      case Code.Swap w -> {
        long[] x = lanes(w.arg());
        for (int j = 0; j < r.length; j++) {
          r[j] = x[j ^ w.distance()];
        }
      }
    }
    return r;
  }

  private void apply(Code.Apply a, long[] r) {
    List<Reg> args = a.args();
    DType type = args.get(a.fn() == Primitive.SELECT ? 1 : 0).dtype();
    long[] x = lanes(args.get(0));
    long[] y = args.size() > 1 ? lanes(args.get(1)) : new long[r.length];
    long[] z = args.size() > 2 ? lanes(args.get(2)) : new long[r.length];
    for (int j = 0; j < r.length; j++) {
      r[j] = ScalarEval.primitive(a.fn(), type, x[j], y[j], z[j]);
    }
  }

  private long[] lanes(Reg r) {
    long[] v = registers.get(r.id());
    if (v == null) {
      throw new IllegalArgumentException("kernel reads " + r + " before it is set");
    }
    return v;
  }

  private boolean open(@Nullable Reg mask, int lane) {
    return mask == null || lanes(mask)[lane] != 0;
  }

  private long at(Affine a) {
    long at = a.constant();
    for (Affine.Term t : a.terms()) {
      Long v = variables.get(t.var());
      if (v == null) {
        throw new IllegalArgumentException("kernel reads i" + t.var() + " outside of its loop");
      }
      at += t.factor() * v;
    }
    return at;
  }

  private long read(DType type, int param, long index) {
    DType storage = kernel.params().get(param);
    MemorySegment s = buffers.get(param);
    long at = index * storage.bytes();
    long bits =
        switch (storage) {
          case F32 -> s.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffffffffL;
          case I32 -> s.get(ValueLayout.JAVA_INT_UNALIGNED, at);
          case F64, I64, FRAME -> s.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
          case BF16 -> s.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffffL;
          case I16 -> s.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
          case I8 -> s.get(ValueLayout.JAVA_BYTE, at);
          case U8 -> s.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
          case BOOL -> s.get(ValueLayout.JAVA_BYTE, at) != 0 ? 1 : 0;
        };
    return ScalarEval.cast(plain(storage), type, bits);
  }

  private static void write(DType storage, MemorySegment s, long index, long bits) {
    long at = index * storage.bytes();
    switch (storage) {
      case F32, I32 -> s.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) bits);
      case F64, I64, FRAME -> s.set(ValueLayout.JAVA_LONG_UNALIGNED, at, bits);
      case BF16, I16 -> s.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) bits);
      case I8, U8, BOOL -> s.set(ValueLayout.JAVA_BYTE, at, (byte) bits);
    }
  }

  /// Frame handles travel as their bits.
  private static DType plain(DType storage) {
    return storage == DType.FRAME ? DType.I64 : storage;
  }

  private static long canonical(DType type, long bits) {
    return switch (type) {
      case F32 -> bits & 0xffffffffL;
      case I32 -> (int) bits;
      case BOOL -> bits != 0 ? 1 : 0;
      case F64, I64, FRAME -> bits;
      case BF16, I8, I16, U8 ->
          throw new IllegalArgumentException("no register holds " + type.text());
    };
  }
}
