package dev.retrograde.bench.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// oneDNN's C library with one engine and one stream, loaded from the jar on the class path.
///
/// Confined to the thread that opened it. Kernels made from it must be closed before it.
public final class DnnlLibrary implements AutoCloseable {
  private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
  private static final String MAIN = "libdnnl.so.3";
  private static final List<String> FILES = List.of("libgomp.so.1", MAIN);

  private final SymbolLookup symbols;
  private final MethodHandle execute;
  private final MethodHandle setThreads;
  private final MemorySegment engine;
  private final MemorySegment stream;

  /// Unpacks and loads the library. Throws [UncheckedIOException] where it is not on the class path
  /// or cannot be written.
  public DnnlLibrary() {
    this.symbols = load();
    this.execute = handle("dnnl_primitive_execute", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
    this.setThreads =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.findOrThrow("omp_set_num_threads"), FunctionDescriptor.ofVoid(JAVA_INT));
    this.engine = create("dnnl_engine_create", DnnlConstants.CPU, 0L);
    this.stream = create("dnnl_stream_create", engine, DnnlConstants.STREAM_DEFAULT);
  }

  /// Loads the library from a folder of its own, which is gone again once the files are mapped.
  /// Both files lie in one folder because the library looks for its OpenMP beside itself; where
  /// another library of the same name is loaded already, the system gives it that one.
  private SymbolLookup load() {
    try {
      Path folder = Files.createTempDirectory("retrograde-dnnl");
      try {
        for (String file : FILES) {
          unpack(file, folder.resolve(file));
        }
        return SymbolLookup.libraryLookup(folder.resolve(MAIN), Arena.global());
      } finally {
        for (String file : FILES) {
          Files.deleteIfExists(folder.resolve(file));
        }
        Files.delete(folder);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("oneDNN could not be unpacked: " + failure, failure);
    }
  }

  private static void unpack(String file, Path target) throws IOException {
    ClassLoader loader = ClassLoader.getSystemClassLoader();
    try (InputStream in = loader.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new IOException(
            FOLDER + file + " is not on the class path; add org.bytedeco:dnnl:linux-x86_64");
      }
      Files.copy(in, target);
    }
  }

  /// The CPU engine.
  MemorySegment engine() {
    return engine;
  }

  /// Sets how many threads the calling thread's next executions use.
  void threads(int count) {
    try {
      setThreads.invokeExact(count);
    } catch (Throwable failure) {
      throw unexpected("omp_set_num_threads", failure);
    }
  }

  /// Runs `primitive` with `count` arguments laid out at `arguments` and waits for it.
  void execute(MemorySegment primitive, int count, MemorySegment arguments) {
    try {
      check(
          "dnnl_primitive_execute", (int) execute.invokeExact(primitive, stream, count, arguments));
    } catch (Throwable failure) {
      throw unexpected("dnnl_primitive_execute", failure);
    }
  }

  /// Calls a function whose first argument is where to write a new object, and returns that object.
  MemorySegment create(String function, Object... rest) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment slot = local.allocate(ADDRESS);
      Object[] arguments = new Object[rest.length + 1];
      arguments[0] = slot;
      System.arraycopy(rest, 0, arguments, 1, rest.length);
      call(function, arguments);
      return slot.get(ADDRESS, 0);
    }
  }

  /// Calls a function that returns a status, and throws where that is not success. Slow: not for
  /// the timed path.
  void call(String function, Object... arguments) {
    check(function, (int) invoke(function, JAVA_INT, arguments));
  }

  /// Calls a function that returns `result`. Slow: not for the timed path.
  Object invoke(String function, MemoryLayout result, Object... arguments) {
    MemoryLayout[] layouts =
        Arrays.stream(arguments).map(DnnlLibrary::layout).toArray(MemoryLayout[]::new);
    try {
      return handle(function, result, layouts).invokeWithArguments(arguments);
    } catch (Throwable failure) {
      throw unexpected(function, failure);
    }
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case Integer _ -> JAVA_INT;
      case Long _ -> JAVA_LONG;
      case MemorySegment _ -> ADDRESS;
      default -> throw new AssertionError("No C type for an argument " + argument.getClass());
    };
  }

  private MethodHandle handle(String function, MemoryLayout result, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(symbols.findOrThrow(function), FunctionDescriptor.of(result, arguments));
  }

  private static void check(String function, int status) {
    if (status != DnnlConstants.SUCCESS) {
      throw new IllegalStateException(
          "oneDNN: "
              + function
              + " returned status "
              + status
              + ", expected 0"
              + (status == 3 ? "; this processor or shape has no implementation" : ""));
    }
  }

  private static RuntimeException unexpected(String function, Throwable failure) {
    return switch (failure) {
      case RuntimeException ours -> ours;
      case Error error -> throw error;
      case Throwable other -> new IllegalStateException("oneDNN: " + function + " failed", other);
    };
  }

  @Override
  public void close() {
    call("dnnl_stream_destroy", stream);
    call("dnnl_engine_destroy", engine);
  }
}
