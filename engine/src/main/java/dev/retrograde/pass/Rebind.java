package dev.retrograde.pass;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;

/// Ties a kernel that was written for dense operands to the buffers that hold them: an operand may
/// lie somewhere inside of a buffer, and two may lie in the same one, which then is one parameter.
final class Rebind {
  private final List<Buf> buffers = new ArrayList<>();
  private final List<View> places;

  private Rebind(List<View> places) {
    this.places = places;
    for (View v : places) {
      if (!buffers.contains(v.buf())) {
        buffers.add(v.buf());
      }
    }
  }

  /// A kernel and what its parameters are.
  record Bound(Kernel kernel, List<Buf> buffers) {}

  /// @param places where each parameter is, without gaps
  static Bound to(Kernel k, List<View> places) {
    Rebind r = new Rebind(places);
    List<DType> params = r.buffers.stream().map(b -> b.dtype).toList();
    return new Bound(new Kernel(params, k.lanes(), k.extent(), r.body(k.body())), r.buffers);
  }

  private List<Stmt> body(List<Stmt> body) {
    return body.stream().map(this::statement).toList();
  }

  private Stmt statement(Stmt s) {
    return switch (s) {
      case Stmt.For f -> new Stmt.For(f.var(), f.extent(), body(f.body()));
      case Stmt.Let l -> new Stmt.Let(l.to(), code(l.code()));
      case Stmt.Store t -> new Stmt.Store(at(t.to()), t.value(), t.stride(), t.count(), t.mask());
    };
  }

  private Code code(Code code) {
    return switch (code) {
      case Code.Load l -> new Code.Load(at(l.from()), l.stride(), l.count(), l.mask());
      case Code.Gather g -> new Code.Gather(at(g.from()), g.index(), g.count(), g.mask());
      case Code.Const _, Code.Apply _, Code.Cast _, Code.Copy _ -> code;
      case Code.Index _, Code.First _, Code.Swap _ -> code;
    };
  }

  private Mem at(Mem m) {
    View v = places.get(m.param());
    return new Mem(buffers.indexOf(v.buf()), m.at().plus(v.offset()));
  }
}
