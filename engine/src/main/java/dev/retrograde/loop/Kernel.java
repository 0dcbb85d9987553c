package dev.retrograde.loop;

import dev.retrograde.scalar.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A kernel: called with a buffer for each parameter and a range of its outermost loop.
///
/// @param params storage type of each parameter's buffer
/// @param lanes lanes of every register
/// @param extent iterations of the outermost loop, whose variable is 0; a call runs a part of them,
///   parts may run at the same time
/// @param body statements inside the outermost loop
public final class Kernel {
  private final List<DType> params;
  private final int lanes;
  private final int extent;
  private final List<Stmt> body;
  private final Fingerprint print;

  public Kernel(List<DType> params, int lanes, int extent, List<Stmt> body) {
    this.params = List.copyOf(params);
    this.lanes = lanes;
    this.extent = extent;
    this.body = List.copyOf(body);
    this.print = Fingerprint.of(this);
  }

  public List<DType> params() {
    return params;
  }

  public int lanes() {
    return lanes;
  }

  public int extent() {
    return extent;
  }

  public List<Stmt> body() {
    return body;
  }

  /// Kernels are equal when their 128-bit fingerprints are: programs hold thousands of large equal
  /// kernels, and comparing them statement by statement would take most of a compilation.
  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Kernel k && k.print.equals(print);
  }

  @Override
  public int hashCode() {
    return print.hashCode();
  }

  /// A readable listing.
  public String text() {
    StringBuilder s = new StringBuilder();
    s.append("kernel lanes ").append(lanes).append(" params ");
    s.append(params.stream().map(DType::text).toList());
    s.append("\nfor i0 in 0..").append(extent).append(" parallel\n");
    print(s, body, "  ");
    return s.toString();
  }

  private static void print(StringBuilder s, List<Stmt> body, String indent) {
    for (Stmt st : body) {
      switch (st) {
        case Stmt.For f -> {
          s.append(indent).append("for i").append(f.var()).append(" in 0..").append(f.extent());
          s.append('\n');
          print(s, f.body(), indent + "  ");
        }
        case Stmt.Let l ->
            s.append(indent).append(l.to()).append(" = ").append(code(l.code())).append('\n');
        case Stmt.Store t -> {
          s.append(indent).append(t.to()).append(" = ").append(t.value());
          s.append(t.stride() == 1 ? "" : " stride " + t.stride()).append(" x").append(t.count());
          s.append(t.mask() == null ? "" : " where " + t.mask()).append('\n');
        }
      }
    }
  }

  private static String code(Code c) {
    return switch (c) {
      case Code.Const k -> "const 0x" + Long.toHexString(k.bits());
      case Code.Load l ->
          l.from()
              + (l.stride() == 1 ? "" : " stride " + l.stride())
              + " x"
              + l.count()
              + (l.mask() == null ? "" : " where " + l.mask());
      case Code.Gather g -> g.from() + " at " + g.index() + " x" + g.count();
      case Code.Apply a -> a.fn().text() + " " + a.args();
      case Code.Cast k -> "cast " + k.arg();
      case Code.Copy k -> k.arg().toString();
      case Code.Index i -> "index " + i.value() + " step " + i.step();
      case Code.First f -> "first " + f.count();
      case Code.Swap w -> w.arg() + " swapped by " + w.distance();
    };
  }

  @Override
  public String toString() {
    return text();
  }
}
