package dev.retrograde.pass;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.Node;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the terms of a product's sums are: products of numbers, or counts of bits.
///
/// Operands are converted to the type of the sum as they are read, and a sum to that of the result
/// where it ends: bf16 adds in f32 and is rounded once, integers add in i32 or i64 and wrap, which
/// gives the bits of wrapping at each term.
///
/// @param operands element type of both operands
/// @param sum register type in which terms are made and added
/// @param result element type of the result
/// @param bits what meets the bits of both operands, or null where numbers are multiplied
record Product(DType operands, DType sum, DType result, BitOp.@Nullable Kind bits) {
  static Product of(Node n) {
    DType operands = n.operand(0).type().dtype();
    DType result = n.result().type().dtype();
    if (n.op() instanceof BitOp.BitContract b) {
      return new Product(operands, Reg.widened(operands), result, b.kind());
    }
    return new Product(operands, Reg.widened(result), result, null);
  }

  /// Registers that a term needs beside its operands and its sum.
  int temporaries() {
    return sum.isFloat() ? 0 : bits == null ? 1 : 2;
  }

  /// An operand as it was read, in the type of the sum.
  Reg operand(Writer w, Reg read) {
    return w.cast(sum, read);
  }

  /// Adds a term.
  void add(Writer w, Reg to, Reg x, Reg y) {
    if (bits == null) {
      w.set(to, new Code.Apply(Primitive.FMA, List.of(x, y, to)));
      return;
    }
    Reg met = w.apply(bits == BitOp.Kind.AND ? Primitive.AND : Primitive.XOR, x, y);
    if (operands == DType.I8 || operands == DType.I16) {
      // A register holds copies of the sign, which are no bits of the element.
      met = w.apply(Primitive.AND, met, w.constant(sum, (1L << 8 * operands.bytes()) - 1));
    }
    Reg count = w.apply(Primitive.POPCOUNT, met);
    w.set(to, new Code.Apply(Primitive.ADD, List.of(count, to)));
  }

  /// What a sum is as an element of the result, for code that goes on with it.
  Reg rounded(Writer w, Reg total) {
    if (Reg.widened(result) == result) {
      return w.cast(result, total);
    }
    return w.inline(Narrow.explicit(ScalarCode.cast(sum, result)), List.of(total)).get(0);
  }
}
