package dev.retrograde.train;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;

/// The executables of one program by batch size, compiled when first asked for. At most four are
/// kept: the full batch and the short last one of training and test part take two or three.
final class Executables implements AutoCloseable {
  private static final int KEPT = 4;

  private final IntFunction<Program> program;
  private final StateStore state;
  private final Target target;
  private final Target.Options options;
  private final Map<Integer, Executable> bySize = new LinkedHashMap<>(8, 0.75f, true);

  Executables(
      IntFunction<Program> program, StateStore state, Target target, Target.Options options) {
    this.program = program;
    this.state = state;
    this.target = target;
    this.options = options;
  }

  Executable of(int batch) {
    Executable e = bySize.get(batch);
    if (e != null) {
      return e;
    }
    if (bySize.size() == KEPT) {
      Integer oldest = bySize.keySet().iterator().next();
      Executable out = bySize.remove(oldest);
      if (out != null) {
        out.close();
      }
    }
    Executable fresh = target.compile(program.apply(batch), state, options);
    bySize.put(batch, fresh);
    return fresh;
  }

  @Override
  public void close() {
    bySize.values().forEach(Executable::close);
    bySize.clear();
  }
}
