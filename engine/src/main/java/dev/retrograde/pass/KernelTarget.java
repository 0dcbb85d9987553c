package dev.retrograde.pass;

import dev.retrograde.ir.Program;
import dev.retrograde.pass.ragged.Capacities;
import dev.retrograde.pass.tree.TreeLoops;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Scratch;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.util.function.Supplier;

/// A target that compiles kernels: the shared passes, then the target's own printer.
///
/// The order of passes: kernels of a user's own without a loop nest as what they mean, trees as
/// loops, updates into branches, run-time sizes as capacities, random numbers, close control ops,
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
    KernelCompiler compiler = compilers.get();
    Arena arena = open();
    Scratch scratch = null;
    try {
      if (options.perfMap() != null) {
        compiler.perfMap(options.perfMap());
      }
      Capacities.Fixed random = expanded(program, compiler.machine(), options);
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
    try (KernelCompiler compiler = compilers.get()) {
      Capacities.Fixed random = expanded(program, compiler.machine(), options);
      return Planned.of(program, random, compiler.machine(), options).forecast();
    }
  }

  /// The program with kernels that have no loop nest as what they mean, trees as loops, sizes as
  /// capacities and random numbers as arithmetic.
  private static Capacities.Fixed expanded(Program program, Machine machine, Options options) {
    Program loops = TreeLoops.run(OwnKernels.run(program, machine, options.on("kernels")));
    Capacities.Fixed fixed = Capacities.run(options.on("sink") ? Sink.run(loops) : loops);
    return new Capacities.Fixed(Expand.run(fixed.program()), fixed.counts());
  }

  /// Memory of an executable, which closes it.
  @SuppressWarnings("MustBeClosedChecker")
  private static Arena open() {
    return Arena.ofShared();
  }
}
