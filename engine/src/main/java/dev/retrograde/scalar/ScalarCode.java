package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Straight-line code over scalars: the body of a map, of a fused kernel, of a scalar function.
///
/// Design: a flat list in which an instruction names earlier ones by index, rather than a tree, so
/// that sharing is explicit, evaluation and printing are one loop, and equality is cheap. The
/// builder merges equal instructions as they are added.
///
/// @param params types of the parameters
/// @param instrs instructions in order; operands are indices of earlier instructions
/// @param results indices of the results
public record ScalarCode(List<DType> params, List<Instr> instrs, List<Integer> results) {
  public ScalarCode {
    params = List.copyOf(params);
    instrs = List.copyOf(instrs);
    results = List.copyOf(results);
  }

  /// One instruction.
  public sealed interface Instr {
    DType dtype();
  }

  /// The value of a parameter.
  public record Arg(int index, DType dtype) implements Instr {}

  /// A constant, given by its stored bits ([#bitsOf]).
  public record Const(DType dtype, long bits) implements Instr {
    public double value() {
      return toDouble(dtype, bits);
    }
  }

  /// A function of earlier values.
  public record Apply(ScalarFn fn, DType dtype, List<Integer> args) implements Instr {
    public Apply {
      args = List.copyOf(args);
    }
  }

  /// A conversion: floats round to nearest even, float to integer truncates and saturates, to bool
  /// is `!= 0`.
  public record Cast(DType dtype, int arg) implements Instr {}

  /// Code that applies one function to its parameters.
  public static ScalarCode of(ScalarFn fn, List<DType> params) {
    Builder b = new Builder(params);
    List<Integer> args = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      args.add(b.arg(i));
    }
    return b.build(List.of(b.apply(fn, args)));
  }

  /// Code that converts its parameter.
  public static ScalarCode cast(DType from, DType to) {
    Builder b = new Builder(List.of(from));
    return b.build(List.of(b.cast(to, b.arg(0))));
  }

  public DType resultType(int i) {
    return instrs.get(results.get(i)).dtype();
  }

  /// The one function this code applies to exactly its parameters in order, or null.
  public @Nullable ScalarFn single() {
    if (results.size() != 1 || !(instrs.get(results.get(0)) instanceof Apply a)) {
      return null;
    }
    if (a.args().size() != params.size()) {
      return null;
    }
    for (int i = 0; i < a.args().size(); i++) {
      if (!(instrs.get(a.args().get(i)) instanceof Arg p) || p.index() != i) {
        return null;
      }
    }
    return a.fn();
  }

  /// The same code over primitives only.
  public ScalarCode lowered() {
    boolean already = true;
    for (Instr i : instrs) {
      already &= !(i instanceof Apply a && a.fn() instanceof ScalarFn.Defined);
    }
    if (already) {
      return this;
    }
    Builder b = new Builder(params);
    List<Integer> args = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      args.add(b.arg(i));
    }
    return b.build(b.inline(this, args, true)).pruned();
  }

  /// Without instructions that no result needs.
  public ScalarCode pruned() {
    boolean[] live = new boolean[instrs.size()];
    for (int r : results) {
      live[r] = true;
    }
    for (int i = instrs.size() - 1; i >= 0; i--) {
      if (live[i]) {
        for (int a : operands(instrs.get(i))) {
          live[a] = true;
        }
      }
    }
    int[] at = new int[instrs.size()];
    List<Instr> kept = new ArrayList<>();
    for (int i = 0; i < instrs.size(); i++) {
      if (live[i]) {
        at[i] = kept.size();
        kept.add(
            switch (instrs.get(i)) {
              case Arg a -> a;
              case Const c -> c;
              case Cast c -> new Cast(c.dtype(), at[c.arg()]);
              case Apply a ->
                  new Apply(a.fn(), a.dtype(), a.args().stream().map(x -> at[x]).toList());
            });
      }
    }
    return new ScalarCode(params, kept, results.stream().map(r -> at[r]).toList());
  }

  /// Indices that an instruction reads.
  public static List<Integer> operands(Instr i) {
    return switch (i) {
      case Arg a -> List.of();
      case Const c -> List.of();
      case Cast c -> List.of(c.arg());
      case Apply a -> a.args();
    };
  }

  /// Stored bits of a number: IEEE bits for floats (bf16 as its upper half), the value for others.
  public static long bitsOf(DType t, double v) {
    return switch (t) {
      case F32 -> Float.floatToRawIntBits((float) v) & 0xffffffffL;
      case F64 -> Double.doubleToRawLongBits(v);
      case BF16 -> ScalarEval.bf16Bits((float) v);
      case BOOL -> v != 0 ? 1 : 0;
      case I8, I16, I32, I64, U8, FRAME -> (long) v;
    };
  }

  /// The number behind stored bits.
  public static double toDouble(DType t, long bits) {
    return switch (t) {
      case F32 -> Float.intBitsToFloat((int) bits);
      case F64 -> Double.longBitsToDouble(bits);
      case BF16 -> Float.intBitsToFloat((int) (bits << 16));
      case I8, I16, I32, I64, U8, BOOL, FRAME -> (double) bits;
    };
  }

  /// Gathers instructions, merging equal ones.
  public static final class Builder {
    private final List<DType> params;
    private final List<Instr> instrs = new ArrayList<>();
    private final Map<Instr, Integer> known = new HashMap<>();

    public Builder(List<DType> params) {
      this.params = List.copyOf(params);
    }

    private int put(Instr i) {
      Integer at = known.get(i);
      if (at == null) {
        at = instrs.size();
        instrs.add(i);
        known.put(i, at);
      }
      return at;
    }

    public DType dtype(int at) {
      return instrs.get(at).dtype();
    }

    public int arg(int i) {
      return put(new Arg(i, params.get(i)));
    }

    public int constant(DType t, double v) {
      return put(new Const(t, bitsOf(t, v)));
    }

    /// A constant by its bits, such as an integer mask.
    public int bits(DType t, long bits) {
      return put(new Const(t, bits));
    }

    public int cast(DType to, int at) {
      if (instrs.get(at) instanceof Const c) {
        return put(new Const(to, ScalarEval.cast(c.dtype(), to, c.bits())));
      }
      return dtype(at) == to ? at : put(new Cast(to, at));
    }

    /// A derivative times what arrives: just the latter where the derivative is the constant one,
    /// and a choice instead of a product where the derivative is a choice between one and zero, so
    /// that a path that is cut passes no NaN.
    public int scaled(int partial, int seed) {
      if (isConstant(partial, 1)) {
        return seed;
      }
      if (isConstant(partial, -1)) {
        return neg(seed);
      }
      if (instrs.get(partial) instanceof Apply a && a.fn() == Primitive.SELECT) {
        int yes = a.args().get(1);
        int no = a.args().get(2);
        if (isConstant(yes, 1) || isConstant(no, 0) || isConstant(yes, 0) || isConstant(no, 1)) {
          return select(a.args().get(0), scaledOrZero(yes, seed), scaledOrZero(no, seed));
        }
      }
      return mul(partial, seed);
    }

    private int scaledOrZero(int partial, int seed) {
      return isConstant(partial, 0) ? constant(dtype(seed), 0) : scaled(partial, seed);
    }

    private boolean isConstant(int at, double v) {
      return instrs.get(at) instanceof Const c && c.value() == v;
    }

    public int apply(ScalarFn fn, List<Integer> args) {
      if (args.size() != fn.arity()) {
        throw new IllegalArgumentException(
            fn.text() + " takes " + fn.arity() + " operands, found " + args.size());
      }
      return put(new Apply(fn, fn.result(args.stream().map(this::dtype).toList()), args));
    }

    public int apply(ScalarFn fn, int... args) {
      return apply(fn, Arrays.stream(args).boxed().toList());
    }

    public int add(int a, int b) {
      return apply(Primitive.ADD, a, b);
    }

    public int sub(int a, int b) {
      return apply(Primitive.SUB, a, b);
    }

    public int mul(int a, int b) {
      return apply(Primitive.MUL, a, b);
    }

    public int div(int a, int b) {
      return apply(Primitive.DIV, a, b);
    }

    public int fma(int a, int b, int c) {
      return apply(Primitive.FMA, a, b, c);
    }

    public int neg(int a) {
      return apply(Primitive.NEG, a);
    }

    public int select(int c, int a, int b) {
      return apply(Primitive.SELECT, c, a, b);
    }

    public int less(int a, int b) {
      return apply(Primitive.LT, a, b);
    }

    /// Appends another code's instructions with these arguments; returns where its results are.
    /// With `lower`, defined functions are replaced by their bodies, all the way down.
    public List<Integer> inline(ScalarCode code, List<Integer> args, boolean lower) {
      int[] at = new int[code.instrs.size()];
      for (int i = 0; i < at.length; i++) {
        at[i] =
            switch (code.instrs.get(i)) {
              case Arg a -> args.get(a.index());
              case Const c -> put(c);
              case Cast c -> cast(c.dtype(), at[c.arg()]);
              case Apply a -> {
                List<Integer> mapped = a.args().stream().map(x -> at[x]).toList();
                yield lower && a.fn() instanceof ScalarFn.Defined d
                    ? lowerCall(d, mapped)
                    : apply(a.fn(), mapped);
              }
            };
      }
      return code.results.stream().map(r -> at[r]).toList();
    }

    private int lowerCall(ScalarFn.Defined d, List<Integer> args) {
      Builder body = new Builder(args.stream().map(this::dtype).toList());
      List<Integer> own = new ArrayList<>();
      for (int i = 0; i < args.size(); i++) {
        own.add(body.arg(i));
      }
      ScalarCode code = body.build(List.of(d.body().expand(body, own)));
      return inline(code, args, true).get(0);
    }

    public ScalarCode build(List<Integer> results) {
      return new ScalarCode(params, instrs, results);
    }
  }
}
