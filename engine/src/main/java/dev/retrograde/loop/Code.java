package dev.retrograde.loop;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one statement computes into a register. `W` is the kernel's number of lanes.
public sealed interface Code {
  /// The same bits in every lane.
  record Const(long bits) implements Code {}

  /// Lane j of `count` lanes reads element `at + j * stride` of the buffer, converted from the
  /// parameter's storage type; stride 0 broadcasts one element to all lanes (count is then W).
  /// Lanes from `count` on, and lanes whose `mask` is false, are zero and touch no memory.
  record Load(Mem from, int stride, int count, @Nullable Reg mask) implements Code {}

  /// As [Load], but lane j reads element `at + index[j]`.
  record Gather(Mem from, Reg index, int count, @Nullable Reg mask) implements Code {}

  /// A primitive, lane by lane.
  record Apply(Primitive fn, List<Reg> args) implements Code {
    public Apply {
      args = List.copyOf(args);
    }
  }

  /// A conversion between register types, with the meaning of `ScalarEval.cast`.
  record Cast(Reg arg) implements Code {}

  /// The same value in another register.
  record Copy(Reg arg) implements Code {}

  /// Lane j is `value + j * step`, as I32.
  record Index(Affine value, int step) implements Code {}

  /// Mask of the lanes below `count`.
  record First(int count) implements Code {}

  /// Lane j is lane `j xor distance` of the argument; distance is a power of two below W.
  record Swap(Reg arg, int distance) implements Code {}
}
