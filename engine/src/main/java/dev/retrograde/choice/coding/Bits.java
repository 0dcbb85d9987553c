package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Truth values, eight to a byte; nothing is lost. A ReLU's backward reads no more than these.
public record Bits() implements Code {
  private static final int PARTS = 8;

  @Override
  public @Nullable String refuses(Type type) {
    if (type.ragged()) {
      return "its size is known only at run time";
    }
    return type.dtype() == DType.BOOL
        ? null
        : "only truth values are single bits; compare it first";
  }

  @Override
  public List<Value> encode(Emit e, Value v, Draw draw) {
    return List.of(encode(e, v));
  }

  /// The bytes; no random numbers are needed.
  public Value encode(Emit e, Value v) {
    Code.check(this, v.type());
    return Split.of(v.type(), PARTS).pack(e, List.of(v), some -> e.cast(some.get(0), DType.U8));
  }

  /// The truth values again, made from one byte each in memory.
  @Override
  public Value decode(Emit e, List<Value> kept, Type type) {
    return e.cast(Split.of(type, PARTS).unpack(e, kept.get(0)), DType.BOOL);
  }

  @Override
  public long bytes(Type type) {
    return Split.of(type, PARTS).bytes();
  }
}
