package dev.retrograde.bench.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;

/// Settings that native libraries read once, when they are loaded.
///
/// Call these first in `main`, before any class of a peer is touched and while no other thread
/// runs; `setenv` is not safe beside threads that read the environment. They change the process for
/// good, so nothing but a program's `main` may call them. A launcher that starts the bench as a new
/// process may set `OMP_WAIT_POLICY=passive` in its environment instead.
public final class NativeSettings {
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_MMAP_THRESHOLD = -3;
  private static final int M_MMAP_MAX = -4;
  private static final int M_ARENA_MAX = -8;
  private static final int KEEP = 1 << 30;
  private static final int MAPPED_ABOVE = 32 << 20;

  private NativeSettings() {}

  /// Makes the workers of OpenMP sleep instead of spin while they wait, unless the environment
  /// already says how they wait. Two spinning workers on a busy core were seen to be thirty times
  /// slower than one.
  public static void waitPassively() {
    set("OMP_WAIT_POLICY", "passive");
  }

  /// Lets OpenBLAS find out by itself which processor it runs on, where the environment forces
  /// another one (`OPENBLAS_CORETYPE`, `OPENBLAS_L2_SIZE`). A peer whose products are held to
  /// 256-bit vectors on a processor with 512-bit ones was seen to need 9.7 ms for a step that takes
  /// 5.6.
  public static void freeOpenBlas() {
    unset("OPENBLAS_CORETYPE");
    unset("OPENBLAS_L2_SIZE");
  }

  /// Makes the C library's allocator keep freed memory up to 1 GiB and serve blocks of up to 32 MiB
  /// from it, so that a peer does not pay page faults for its activations in every step. Threads
  /// started afterwards share one heap; measure on one of those.
  public static void keepFreedMemory() {
    option(M_ARENA_MAX, 1);
    option(M_MMAP_THRESHOLD, MAPPED_ABOVE);
    option(M_TRIM_THRESHOLD, KEEP);
  }

  /// Makes it serve blocks of any size from its heap, of which up to 2 GiB stay when they are
  /// freed. Above 32 MiB it would otherwise map each block anew, whatever [#keepFreedMemory] says.
  public static void keepLargeBlocks() {
    option(M_MMAP_MAX, 0);
    option(M_TRIM_THRESHOLD, Integer.MAX_VALUE);
  }

  /// Lets libtorch ask for pages of 2 MiB for its large tensors, as ours does for its arena, unless
  /// the environment already says otherwise.
  public static void useLargePages() {
    set("THP_MEM_ALLOC_ENABLE", "1");
  }

  /// Makes it give freed memory back to the system now. Unlike the settings this may be called at
  /// any time.
  public static void giveBackFreedMemory() {
    var trim = CLibrary.function("malloc_trim", JAVA_INT, JAVA_LONG);
    try {
      int _ = (int) trim.invokeExact(0L);
    } catch (Throwable cause) {
      throw CLibrary.broken("malloc_trim", cause);
    }
  }

  private static void set(String name, String value) {
    var setenv = CLibrary.function("setenv", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      int failed = (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
      if (failed != 0) {
        throw new IllegalStateException("setenv refused " + name + "=" + value);
      }
    } catch (Throwable cause) {
      throw CLibrary.broken("setenv", cause);
    }
  }

  private static void unset(String name) {
    var unsetenv = CLibrary.function("unsetenv", JAVA_INT, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      int failed = (int) unsetenv.invokeExact(arena.allocateFrom(name));
      if (failed != 0) {
        throw new IllegalStateException("unsetenv refused " + name);
      }
    } catch (Throwable cause) {
      throw CLibrary.broken("unsetenv", cause);
    }
  }

  private static void option(int parameter, int value) {
    var mallopt = CLibrary.function("mallopt", JAVA_INT, JAVA_INT, JAVA_INT);
    try {
      int accepted = (int) mallopt.invokeExact(parameter, value);
      if (accepted == 0) {
        throw new IllegalStateException("mallopt refused parameter " + parameter + "=" + value);
      }
    } catch (Throwable cause) {
      throw CLibrary.broken("mallopt", cause);
    }
  }
}
