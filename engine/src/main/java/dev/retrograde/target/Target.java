package dev.retrograde.target;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryLimit;
import dev.retrograde.runtime.StateStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Makes executables of programs.
public interface Target {
  /// Short name, such as `x64`.
  String name();

  /// Compiles a program for this state.
  ///
  /// The executable belongs to the calling thread. The store must stay open as long as it is used.
  Executable compile(Program program, StateStore state, Options options);

  /// What compiling this program would make and take: runs every pass up to the memory plan, but
  /// makes no code and reserves no memory outside the heap.
  ///
  /// @throws IllegalArgumentException where compiling would refuse the program
  /// @throws UnsupportedOperationException where a target does not plan ahead
  default Forecast forecast(Program program, Options options) {
    throw new UnsupportedOperationException(
        "target '"
            + name()
            + "' cannot forecast program '"
            + program.name()
            + "'; ask x64, jvm or interp");
  }

  /// How to compile.
  ///
  /// @param threads threads that a run may use, at least 1; results do not depend on it
  /// @param disabled names of passes that are switched off: `sink`, `simplify`, `fuse`, `epilogue`,
  ///   `kernels` (loop nests of a user's own)
  /// @param memory what the process may use; a program that needs more is refused
  /// @param perfMap where to write the addresses of kernels for `perf`, or null: nowhere
  record Options(int threads, Set<String> disabled, MemoryLimit memory, @Nullable Path perfMap) {
    public static final Options DEFAULT = new Options(1, Set.of());

    public Options {
      if (threads < 1) {
        throw new IllegalArgumentException("threads must be at least 1, found " + threads);
      }
      disabled = Set.copyOf(disabled);
      for (String d : disabled) {
        if (!PASSES.contains(d)) {
          throw new IllegalArgumentException(
              "no pass '" + d + "' to switch off; there are " + PASSES);
        }
      }
    }

    /// Without a perf map.
    public Options(int threads, Set<String> disabled, MemoryLimit memory) {
      this(threads, disabled, memory, null);
    }

    /// With the limit of this process.
    public Options(int threads, Set<String> disabled) {
      this(threads, disabled, MemoryLimit.here());
    }

    public static Options threads(int n) {
      return new Options(n, Set.of());
    }

    /// The same with a perf map.
    public Options withPerfMap(Path file) {
      return new Options(threads, disabled, memory, file);
    }

    public boolean on(String pass) {
      return !disabled.contains(pass);
    }
  }

  /// Passes that can be switched off.
  List<String> PASSES = List.of("sink", "simplify", "fuse", "epilogue", "kernels");
}
