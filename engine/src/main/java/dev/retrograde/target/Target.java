package dev.retrograde.target;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import java.util.Set;

/// Makes executables of programs.
public interface Target {
  /// Short name, such as `x64`.
  String name();

  /// Compiles a program for this state.
  ///
  /// The executable belongs to the calling thread. The store must stay open as long as it is used.
  Executable compile(Program program, StateStore state, Options options);

  /// How to compile.
  ///
  /// @param threads threads that a run may use, at least 1; results do not depend on it
  /// @param disabled names of passes that are switched off
  record Options(int threads, Set<String> disabled) {
    public static final Options DEFAULT = new Options(1, Set.of());

    public Options {
      if (threads < 1) {
        throw new IllegalArgumentException("threads must be at least 1, found " + threads);
      }
      disabled = Set.copyOf(disabled);
    }

    public static Options threads(int n) {
      return new Options(n, Set.of());
    }

    public boolean on(String pass) {
      return !disabled.contains(pass);
    }
  }
}
