package dev.retrograde.pass;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.pass.tree.TreeLoops;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Scratch;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A target that compiles kernels: the shared passes, then the target's own printer.
///
/// The order of passes: trees as loops, updates into branches, random numbers, close control ops,
/// simplify, copies for regrouped axes, fuse, lower (schedules and layouts), plan memory, emit.
public final class KernelTarget implements Target {
  private final String name;
  private final Supplier<KernelCompiler> compilers;

  /// @param compilers makes the printer of one executable, which closes it
  public KernelTarget(String name, Supplier<KernelCompiler> compilers) {
    this.name = name;
    this.compilers = compilers;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Executable compile(Program program, StateStore state, Options options) {
    long start = System.nanoTime();
    Program random = accepted(program, options);
    KernelCompiler compiler = compilers.get();
    Arena arena = open();
    Scratch scratch = null;
    try {
      Planned planned = Planned.of(program, random, compiler.machine(), options);
      planned.require(options.memory(), state);
      scratch = state.scratch(planned.plan().bytes(), compiler::reserve);
      return new CompiledProgram(planned, state, scratch, options, name, compiler, arena, start);
    } catch (RuntimeException | Error x) {
      if (scratch != null) {
        state.release(scratch);
      }
      compiler.close();
      arena.close();
      throw x;
    }
  }

  @Override
  public Forecast forecast(Program program, Options options) {
    Program random = accepted(program, options);
    try (KernelCompiler compiler = compilers.get()) {
      return Planned.of(program, random, compiler.machine(), options).forecast();
    }
  }

  /// The program with random numbers written as arithmetic, if kernels can run it.
  private Program accepted(Program program, Options options) {
    Program loops = TreeLoops.run(program);
    Program random = Expand.run(options.on("sink") ? Sink.run(loops) : loops);
    random.nodes().forEach(this::refuse);
    random.functions().values().forEach(f -> f.nodes().forEach(this::refuse));
    return random;
  }

  /// Memory of an executable, which closes it.
  @SuppressWarnings("MustBeClosedChecker")
  private static Arena open() {
    return Arena.ofShared();
  }

  /// Says early what kernels cannot do yet.
  private void refuse(Node n) {
    if (Stream.concat(n.operands().stream(), n.results().stream())
        .anyMatch(v -> v.type().ragged())) {
      throw new IllegalArgumentException(
          n.op().name()
              + " '"
              + n.origin()
              + "': target "
              + name
              + " does not run sizes known only at run time yet; use the target interp");
    }
    n.blocks().forEach(b -> b.nodes().forEach(this::refuse));
  }
}
