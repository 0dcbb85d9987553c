package dev.retrograde.lab.task;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import java.nio.file.Path;

/// A target whose executables write the addresses and names of their kernels to where Linux's
/// `perf` looks for them.
public final class PerfMapped implements Target {
  private final Target target;
  private final Path file;

  private PerfMapped(Target target, Path file) {
    this.target = target;
    this.file = file;
  }

  /// Where `perf` looks for the map of this process.
  public static Path file() {
    return Path.of("/tmp", "perf-" + ProcessHandle.current().pid() + ".map");
  }

  /// The same target with a map.
  ///
  /// @throws IllegalArgumentException if it makes no machine code of its own
  public static Target of(Target target) {
    if (!target.name().equals("x64")) {
      throw new IllegalArgumentException(
          "--perf-map: the target %s makes no machine code of its own; --target x64 does"
              .formatted(target.name()));
    }
    return new PerfMapped(target, file());
  }

  @Override
  public String name() {
    return target.name();
  }

  @Override
  public Executable compile(Program program, StateStore state, Options options) {
    return target.compile(program, state, options.withPerfMap(file));
  }

  @Override
  public Forecast forecast(Program program, Options options) {
    return target.forecast(program, options);
  }
}
