package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A way to keep a value in fewer bytes. Codes are values themselves and emit nodes without looking
/// at what else the emitter holds.
public sealed interface Code permits Pooling, Quantising, Bits, BlockSparse {
  /// Why values of this type cannot be coded, in words for the user, or null where they can.
  @Nullable String refuses(Type type);

  /// Emits the code of a value.
  ///
  /// @param draw where random numbers come from; codes that round to the nearest ignore it
  /// @return what is kept, [#bytes(Type)] together
  /// @throws IllegalArgumentException where [#refuses(Type)] gives a reason
  List<Value> encode(Emit e, Value v, Draw draw);

  /// Emits what is left of the value.
  ///
  /// @param kept what [#encode] gave
  /// @param type type of the value that was coded
  Value decode(Emit e, List<Value> kept, Type type);

  /// Bytes that [#encode] keeps of a value of this type, exactly.
  long bytes(Type type);

  /// The source of the random numbers of one value in one step. Equal draws give equal codes.
  ///
  /// @param key `[seed, step]`, i32[2]
  /// @param stream tells values apart; a constant of the place in the program
  record Draw(Value key, int stream) {}

  /// The usual error where a value cannot be coded.
  private static IllegalArgumentException refused(Code code, Type type, String why) {
    return new IllegalArgumentException(code + " does not take " + type + ": " + why);
  }

  /// Checks a value before it is coded.
  static void check(Code code, Type type) {
    String why = code.refuses(type);
    if (why != null) {
      throw refused(code, type, why);
    }
  }
}
