package dev.retrograde.x64.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Pages by `mmap`, `mprotect` and `munmap` of Linux on x86-64.
final class LinuxPages implements Pages {
  private static final int PROT_NONE = 0;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 0x02;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int SC_PAGESIZE = 30;
  private static final long MAP_FAILED = -1;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SYSCONF =
      function("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));

  private final long pageBytes;

  LinuxPages() {
    try (Arena arena = Arena.ofConfined()) {
      this.pageBytes = (long) SYSCONF.invokeExact(arena.allocate(STATE), SC_PAGESIZE);
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
  }

  @Override
  public long pageBytes() {
    return pageBytes;
  }

  @Override
  public Answer map(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long address =
          (long)
              MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  bytes,
                  PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS,
                  -1,
                  0L);
      return address == MAP_FAILED ? new Answer(0, error(state)) : new Answer(address, "");
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  @Override
  public Answer protect(long address, long bytes, Access access) {
    int flags =
        switch (access) {
          case NONE -> PROT_NONE;
          case READ_WRITE -> PROT_READ | PROT_WRITE;
          case READ_EXECUTE -> PROT_READ | PROT_EXEC;
        };
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int answer = (int) MPROTECT.invokeExact(state, address, bytes, flags);
      return answer == 0 ? new Answer(address, "") : new Answer(0, error(state));
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  @Override
  public void unmap(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int answer = (int) MUNMAP.invokeExact(state, address, bytes);
      if (answer != 0) {
        throw new AssertionError(
            "munmap of "
                + bytes
                + " bytes at 0x"
                + Long.toHexString(address)
                + ": "
                + error(state));
      }
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  private static String error(MemorySegment state) {
    int number = (int) ERRNO.get(state, 0L);
    return switch (number) {
      case 1 -> "EPERM (not permitted)";
      case 12 -> "ENOMEM (out of memory or of mappings)";
      case 13 -> "EACCES (denied, as by SELinux's execmem)";
      case 22 -> "EINVAL (invalid argument)";
      default -> "errno " + number;
    };
  }
}
