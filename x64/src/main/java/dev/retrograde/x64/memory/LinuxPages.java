package dev.retrograde.x64.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/// Pages by `mmap`, `mprotect` and `munmap` of Linux on x86-64.
final class LinuxPages implements Pages {
  private static final int PROT_NONE = 0;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 0x02;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MADV_HUGEPAGE = 14;
  private static final int SC_PAGESIZE = 30;
  private static final long MAP_FAILED = -1;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final long ERRNO =
      STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
  // All functions through one handle, since building one takes tens of milliseconds: the System V
  // convention passes each of these arguments in a register of its own, and ignores those that a
  // function does not take.
  private static final MethodHandle FUNCTION =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.of(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
              Linker.Option.captureCallState("errno"));

  private final MemorySegment mmap = find("mmap");
  private final MemorySegment mprotect = find("mprotect");
  private final MemorySegment munmap = find("munmap");
  private final MemorySegment madvise = find("madvise");
  private final long pageBytes;

  LinuxPages() {
    this.pageBytes = call(find("sysconf"), SC_PAGESIZE, 0, 0, 0, 0, 0).value();
  }

  private static MemorySegment find(String name) {
    return Linker.nativeLinker().defaultLookup().findOrThrow(name);
  }

  private record Result(long value, int errno) {}

  private static Result call(
      MemorySegment function, long a, long b, long c, long d, long e, long f) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long value = (long) FUNCTION.invokeExact(function, state, a, b, c, d, e, f);
      return new Result(value, state.get(JAVA_INT, ERRNO));
    } catch (Throwable thrown) {
      throw Unchecked.of(thrown);
    }
  }

  @Override
  public long pageBytes() {
    return pageBytes;
  }

  @Override
  public Answer map(long bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    Result result = call(mmap, 0, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return result.value() == MAP_FAILED
        ? new Answer(0, error(result.errno()))
        : new Answer(result.value(), "");
  }

  @Override
  public Answer protect(long address, long bytes, Access access) {
    int flags =
        switch (access) {
          case NONE -> PROT_NONE;
          case READ_WRITE -> PROT_READ | PROT_WRITE;
          case READ_EXECUTE -> PROT_READ | PROT_EXEC;
        };
    Result result = call(mprotect, address, bytes, flags, 0, 0, 0);
    // The function returns 32 bits; the upper half of the register means nothing.
    return (int) result.value() == 0
        ? new Answer(address, "")
        : new Answer(0, error(result.errno()));
  }

  @Override
  public void preferLarge(long address, long bytes) {
    call(madvise, address, bytes, MADV_HUGEPAGE, 0, 0, 0);
  }

  @Override
  public void unmap(long address, long bytes) {
    Result result = call(munmap, address, bytes, 0, 0, 0, 0);
    if ((int) result.value() != 0) {
      throw new AssertionError(
          "munmap of %d bytes at 0x%x: %s".formatted(bytes, address, error(result.errno())));
    }
  }

  private static String error(int number) {
    return switch (number) {
      case 1 -> "EPERM (not permitted)";
      case 12 -> "ENOMEM (out of memory or of mappings)";
      case 13 -> "EACCES (denied, as by SELinux's execmem)";
      case 22 -> "EINVAL (invalid argument)";
      default -> "errno " + number;
    };
  }
}
