package dev.retrograde.bench.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Keeps the calling thread, and the threads it starts from now on, on chosen cores until closed.
///
/// Threads that ran before keep their cores: pin first, then open contenders, so that the workers
/// of native libraries are born on the pinned cores. Close on the thread that pinned.
public final class CorePinning implements AutoCloseable {
  private static final int MASK_BYTES = 128;
  private static final int CALLING_THREAD = 0;

  private final BitSet before;

  private CorePinning(BitSet before) {
    this.before = before;
  }

  /// Pins the calling thread to the first `count` (at least 1) of the cores it may use now.
  public static CorePinning toFirst(int count) {
    BitSet allowed = affinity();
    if (count < 1 || count > allowed.cardinality()) {
      throw new IllegalArgumentException(
          "CorePinning: expected 1 to "
              + allowed.cardinality()
              + " cores, found "
              + count
              + "; ask for fewer threads");
    }
    BitSet chosen = new BitSet();
    allowed.stream().limit(count).forEach(chosen::set);
    setAffinity(chosen);
    return new CorePinning(allowed);
  }

  /// The numbers of the cores that the calling thread may use.
  public static List<Integer> cores() {
    List<Integer> cores = new ArrayList<>();
    affinity().stream().forEach(cores::add);
    return cores;
  }

  /// Gives the calling thread back the cores it had before.
  @Override
  public void close() {
    setAffinity(before);
  }

  private static BitSet affinity() {
    var get = CLibrary.function("sched_getaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      var mask = arena.allocate(MASK_BYTES, Long.BYTES);
      int failed = (int) get.invokeExact(CALLING_THREAD, (long) MASK_BYTES, mask);
      if (failed != 0) {
        throw new IllegalStateException("sched_getaffinity failed; are there over 1,024 cores?");
      }
      return BitSet.valueOf(mask.toArray(JAVA_LONG));
    } catch (Throwable cause) {
      throw CLibrary.broken("sched_getaffinity", cause);
    }
  }

  private static void setAffinity(BitSet cores) {
    var set = CLibrary.function("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      var mask = arena.allocate(MASK_BYTES, Long.BYTES);
      long[] words = cores.toLongArray();
      for (int word = 0; word < words.length; word++) {
        mask.setAtIndex(JAVA_LONG, word, words[word]);
      }
      int failed = (int) set.invokeExact(CALLING_THREAD, (long) MASK_BYTES, mask);
      if (failed != 0) {
        throw new IllegalStateException("sched_setaffinity refused the cores " + cores);
      }
    } catch (Throwable cause) {
      throw CLibrary.broken("sched_setaffinity", cause);
    }
  }
}
