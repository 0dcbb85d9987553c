package dev.retrograde.x64;

import dev.retrograde.ir.Program;
import dev.retrograde.pass.KernelTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;

/// Machine code for x86-64 with AVX2 and fused multiply-add, AVX-512 where the processor has it.
public final class X64Target implements Target {
  private final KernelTarget target = new KernelTarget("x64", X64KernelCompiler::new);

  @Override
  public String name() {
    return target.name();
  }

  @Override
  public Executable compile(Program program, StateStore state, Options options) {
    return target.compile(program, state, options);
  }

  @Override
  public Forecast forecast(Program program, Options options) {
    return target.forecast(program, options);
  }
}
