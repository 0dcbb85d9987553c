package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import java.util.Random;

/// Numbers that are ordinary, small, large, special, or just bits.
final class Samples {
  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    2.5,
    -1.5,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    0x1p31,
    -0x1p31,
    0x1p63,
    -0x1p63,
    0x1.fffffep30,
    2147483647.5,
    -2147483648.5,
    1e300,
    1e38,
    1e-40,
    1e-310,
    255.5,
    -129
  };

  private Samples() {}

  /// Bits of a value of a register or storage type.
  static long bits(Random random, DType d) {
    return switch (d) {
      case F32 -> Float.floatToRawIntBits((float) real(random)) & 0xffff_ffffL;
      case F64 -> Double.doubleToRawLongBits(real(random));
      case BF16 -> Float.floatToRawIntBits((float) real(random)) >>> 16;
      case BOOL -> random.nextInt(2);
      case I8 -> (byte) whole(random);
      case I16 -> (short) whole(random);
      case U8 -> whole(random) & 0xff;
      case I32 -> (int) whole(random);
      case I64, FRAME -> whole(random);
    };
  }

  private static double real(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> SPECIAL[random.nextInt(SPECIAL.length)];
      case 1 -> random.nextInt(200) - 100;
      case 2 -> random.nextGaussian() * 1e9;
      default -> random.nextGaussian() * 4;
    };
  }

  private static long whole(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextBoolean() ? Integer.MIN_VALUE : Long.MIN_VALUE;
      case 2 -> random.nextInt();
      default -> random.nextInt(20) - 6;
    };
  }
}
