package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarCode.Builder;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;

/// Cheap random numbers for rounding: an integer hash of (seed, step, stream, row, element). A row
/// is everything but the last axis and is hashed once; an element costs two rounds of multiply and
/// shift on 32-bit lanes, where the generator of [dev.retrograde.ir.RandomOp] costs ten of 64 bits.
/// Good enough to round with, not to sample from.
///
/// The rounds have the form of the finaliser in MurmurHash3 (A. Appleby); the multipliers come from
/// the search for low bias by C. Wellons ("hash prospector").
final class Uniform {
  private static final int GOLDEN = 0x9E3779B9;
  private static final int FIRST = 0x21F0AAAD;
  private static final int SECOND = 0xD35A2D97;

  /// Distance of neighbouring numbers: there are 2^24 of them.
  static final double UNIT = 0x1p-24;

  private Uniform() {}

  /// One word (i32) for each row of a tensor.
  static Value rows(Emit e, Type t, Code.Draw draw) {
    List<Extent> rows = t.rank() < 2 ? List.of() : t.extents().subList(0, t.rank() - 1);
    Value key = key(e, draw);
    List<Value> in = new ArrayList<>(List.of(e.broadcast(key, rows, List.of())));
    for (int a = 0; a < rows.size(); a++) {
      in.add(e.add(new MoveOp.Iota(new Type(DType.I32, rows), a)));
    }
    Builder b = new Builder(in.stream().map(v -> DType.I32).toList());
    int at = b.bits(DType.I32, 0);
    for (int a = 0; a < rows.size(); a++) {
      at = b.add(b.mul(at, b.bits(DType.I32, t.dim(a))), b.arg(1 + a));
    }
    return map(e, b.build(List.of(mixed(b, b.add(scattered(b, at), b.arg(0))))), in);
  }

  /// A whole number below 2^24 from the word of its row and its place on the last axis.
  static int element(Builder b, int row, int place) {
    return shifted(b, mixed(b, b.add(row, scattered(b, place))), 8);
  }

  private static Value key(Emit e, Code.Draw draw) {
    List<Value> words = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Value one = e.add(new MoveOp.Slice(List.of(i), List.of(1), List.of(1)), draw.key());
      words.add(e.reshape(one, List.of()));
    }
    Builder b = new Builder(List.of(DType.I32, DType.I32));
    int seed = mixed(b, b.add(b.arg(0), b.bits(DType.I32, draw.stream() * GOLDEN)));
    return map(e, b.build(List.of(mixed(b, b.add(seed, scattered(b, b.arg(1)))))), words);
  }

  private static int scattered(Builder b, int x) {
    return b.mul(x, b.bits(DType.I32, GOLDEN));
  }

  /// Spreads every bit over the upper bits.
  private static int mixed(Builder b, int x) {
    int y = b.mul(b.apply(Primitive.XOR, x, shifted(b, x, 16)), b.bits(DType.I32, FIRST));
    return b.mul(b.apply(Primitive.XOR, y, shifted(b, y, 15)), b.bits(DType.I32, SECOND));
  }

  private static int shifted(Builder b, int x, int by) {
    return b.apply(Primitive.USHR, x, b.bits(DType.I32, by));
  }

  private static Value map(Emit e, ScalarCode code, List<Value> in) {
    return e.add(new MapOp.Map(code), in.toArray(Value[]::new));
  }
}
