package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Random numbers from an explicit key.
public sealed interface RandomOp extends Op {

  /// Uniform 32-bit integers (i32) from a key of two i32: `[seed, step]`, a `stream` number of the
  /// call site, and the row-major position of the element. Equal keys give equal bits on every
  /// target and in every clone.
  ///
  /// The generator is Philox 2x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
  /// SC 2011): counter (position, step), key (seed xor stream).
  record RandomBits(List<Extent> extents, int stream) implements RandomOp {
    private static final int MULTIPLIER = 0xD256D193;
    private static final int WEYL = 0x9E3779B9;

    @Override
    public List<Type> infer(List<Type> in) {
      if (!in.get(0).equals(Type.of(DType.I32, 2))) {
        throw new IllegalArgumentException("a key is i32[2], found " + in.get(0));
      }
      return List.of(new Type(DType.I32, extents));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.none(1);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      int seed = (int) in.get(0).bits(0);
      int step = (int) in.get(0).bits(1);
      HostTensor y = HostTensor.zeros(results.get(0));
      for (int i = 0; i < y.size(); i++) {
        y.setBits(i, philox(seed ^ stream, step, i));
      }
      return List.of(y);
    }

    /// One word of the generator.
    public static int philox(int key, int high, int low) {
      int l = low;
      int h = high;
      for (int round = 0; round < 10; round++) {
        long product = (MULTIPLIER & 0xffffffffL) * (l & 0xffffffffL);
        l = (int) (product >>> 32) ^ key ^ h;
        h = (int) product;
        key += WEYL;
      }
      return l;
    }
  }
}
