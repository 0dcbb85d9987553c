package dev.retrograde.jvm;

import dev.retrograde.ir.Program;
import dev.retrograde.pass.KernelTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;

/// Scalar bytecode: no flag, no native access, any machine.
public final class JvmTarget implements Target {
  private final KernelTarget target = new KernelTarget("jvm", JvmKernelCompiler::new);

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
