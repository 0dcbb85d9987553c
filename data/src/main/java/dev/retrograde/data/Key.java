package dev.retrograde.data;

/// Counter-based randomness: every number is a function of a key and a counter, so it does not
/// matter who draws it, when, or on which thread.
///
/// A key is a `long`. It starts from a seed ([#of]) and is narrowed by what the number is for
/// ([#child]): seed, then purpose, then epoch, then sample. Numbers are drawn from the finished key
/// by counter ([#bits], [#unit], [#below], [#normal]). Keys are plain numbers rather than objects
/// because a loader derives several for each sample and must not allocate.
///
/// Both functions are bijective 64-bit mixers over a Weyl sequence (Steele, Lea, Flood: "Fast
/// splittable pseudorandom number generators", 2014). Children and drawn numbers use different
/// multipliers, so a child's numbers do not repeat its parent's. Not for cryptography. Only exact
/// arithmetic and [StrictMath] are used: equal bits on every machine.
public final class Key {
  private static final long DRAW_STEP = 0x9E3779B97F4A7C15L;
  private static final long CHILD_STEP = 0xD1342543DE82EF95L;

  private Key() {}

  /// The key of a seed.
  public static long of(long seed) {
    return child(0x5265_7472_6F67_7261L, seed);
  }

  /// The key narrowed by a number: an epoch, a sample id.
  public static long child(long key, long number) {
    long z = mix(key) + (number + 1) * CHILD_STEP;
    z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return z ^ (z >>> 33);
  }

  /// The key narrowed by a word: what the numbers are for.
  public static long child(long key, String word) {
    long result = child(key, word.length());
    for (int i = 0; i < word.length(); i++) {
      result = child(result, word.charAt(i));
    }
    return result;
  }

  /// 64 random bits: number `counter` of the key.
  public static long bits(long key, long counter) {
    return mix(key + (counter + 1) * DRAW_STEP);
  }

  /// A number from 0 (included) to 1 (excluded), a multiple of 2^-53.
  public static double unit(long key, long counter) {
    return (bits(key, counter) >>> 11) * 0x1p-53;
  }

  /// A number from `low` (included) to `high` (excluded).
  public static double between(long key, long counter, double low, double high) {
    return low + (high - low) * unit(key, counter);
  }

  /// An integer from 0 to `bound - 1`. Its bias is below `bound / 2^32`.
  ///
  /// @param bound at least 1
  public static int below(long key, long counter, int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("Key.below: expected a bound >= 1, found " + bound + ".");
    }
    return (int) (((bits(key, counter) >>> 32) * bound) >>> 32);
  }

  /// A number of the standard normal distribution. Uses the bits of counters `2 * counter` and `2 *
  /// counter + 1`.
  public static double normal(long key, long counter) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - unit(key, 2 * counter)));
    return radius * StrictMath.cos(2 * StrictMath.PI * unit(key, 2 * counter + 1));
  }

  /// Fills `order` with a random permutation of 0 to `order.length - 1`.
  public static void permutation(long key, int[] order) {
    for (int i = 0; i < order.length; i++) {
      int j = below(key, i, i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
