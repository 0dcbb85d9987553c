package dev.retrograde.pass;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.MemoryLimit;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A program after all passes and before its code: what compiling emits and a forecast counts.
///
/// @param program as it was given
/// @param simple after the passes on programs
/// @param steps what a run does, in order
/// @param states buffers of state entries, by name; inputs and outputs likewise
record Planned(
    Program program,
    Program simple,
    List<Step> steps,
    Map<String, Buf> states,
    Map<String, Buf> inputs,
    Map<String, Buf> outputs,
    MemoryPlan plan) {
  /// Readable and writable bytes after a buffer, for whole vectors at its end.
  static final long SLACK = 64;

  /// @param random the program with random numbers written as arithmetic
  static Planned of(Program program, Program random, Machine machine, Target.Options options) {
    // Copies come last: simplifying takes them for maps that do nothing.
    Program simple = Regroup.run(options.on("simplify") ? Simplify.run(random) : random);
    Fusion fusion = new Fusion(simple, options.on("fuse"), options.on("epilogue"));
    fusion.run();
    Lowering l = new Lowering(simple, machine, fusion);
    l.run();
    List<Buf> persistent = new ArrayList<>(l.states().values());
    persistent.addAll(l.inputs().values());
    persistent.addAll(l.outputs().values());
    Reuse.Plan reuse = Reuse.of(l.steps());
    MemoryPlan plan = new MemoryPlan(reuse.steps(), reuse.over(), persistent);
    return new Planned(program, simple, reuse.steps(), l.states(), l.inputs(), l.outputs(), plan);
  }

  /// What a run of this needs, beside a store of its own state.
  Reservation reserved() {
    Set<Buf> own = new HashSet<>(inputs.values());
    own.addAll(outputs.values());
    for (Step s : steps) {
      s.buffers().stream().filter(b -> b.home == Buf.Home.CONSTANT).forEach(own::add);
    }
    long bytes = own.stream().mapToLong(b -> b.bytes() + SLACK).sum();
    return new Reservation(StateStore.reservedBytes(program), bytes, plan.bytes());
  }

  /// Refuses what does not fit beside what the state and other programs over it hold.
  void require(MemoryLimit limit, StateStore state) {
    limit.require(
        program.name(),
        reserved().own() + state.missingScratch(plan.bytes()),
        state.reservedBytes() + state.scratchBytes());
  }

  Forecast forecast() {
    long[] macs = macs();
    return new Forecast(
        plan.report(),
        reserved(),
        steps.size(),
        macs[0],
        macs[1],
        macs[2],
        TimeModel.seconds(steps));
  }

  /// Multiply-adds of one run, by phase.
  long[] macs() {
    long[] macs = new long[3];
    for (Step s : steps) {
      switch (s) {
        case Step.Launch l -> macs[l.phase().ordinal()] += l.macs();
        case Step.Host _ -> {}
      }
    }
    return macs;
  }
}
