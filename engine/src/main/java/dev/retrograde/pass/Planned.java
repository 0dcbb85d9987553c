package dev.retrograde.pass;

import dev.retrograde.ir.Program;
import dev.retrograde.pass.ragged.Capacities;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.runtime.MemoryLimit;
import dev.retrograde.runtime.MemoryReport;
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
/// @param blocks functions that it calls
record Planned(
    Program program,
    Program simple,
    List<Step> steps,
    Map<String, Buf> states,
    Map<String, Buf> inputs,
    Map<String, Buf> outputs,
    MemoryPlan plan,
    Blocks blocks) {
  /// Readable and writable bytes after a buffer, for whole vectors at its end.
  static final long SLACK = 64;

  /// @param random the program over capacities, with random numbers written as arithmetic
  static Planned of(
      Program program, Capacities.Fixed random, Machine machine, Target.Options options) {
    Program closed = Outline.run(random.program(), random.counts());
    Blocks blocks = new Blocks(closed, machine, options, random.counts());
    return of(program, closed, machine, options, blocks, true);
  }

  /// A block of a program, as a program of its own.
  static Planned block(Program block, Machine machine, Target.Options options, Blocks blocks) {
    return of(block, block, machine, options, blocks, false);
  }

  /// @param closed the program, control ops closed
  /// @param outermost whether it is a whole program, not a block of one
  private static Planned of(
      Program program,
      Program closed,
      Machine machine,
      Target.Options options,
      Blocks blocks,
      boolean outermost) {
    // Copies come last: simplifying takes them for maps that do nothing.
    Counts counts = blocks.counts();
    Program simple = Regroup.run(options.on("simplify") ? Simplify.run(closed, counts) : closed);
    if (outermost) {
      blocks.compileFunctions(simple.nodes());
    }
    Fusion fusion = new Fusion(simple, counts, options.on("fuse"), options.on("epilogue"));
    fusion.run();
    Lowering l = new Lowering(simple, machine, fusion, blocks, outermost);
    l.run();
    List<Buf> persistent = new ArrayList<>(l.states().values());
    persistent.addAll(l.inputs().values());
    persistent.addAll(l.outputs().values());
    Reuse.Plan reuse = Reuse.of(l.steps());
    MemoryPlan plan = new MemoryPlan(reuse.steps(), reuse.over(), persistent);
    return new Planned(
        program, simple, reuse.steps(), l.states(), l.inputs(), l.outputs(), plan, blocks);
  }

  Buf state(String name) {
    return named(states, name);
  }

  Buf input(String name) {
    return named(inputs, name);
  }

  Buf output(String name) {
    return named(outputs, name);
  }

  private static Buf named(Map<String, Buf> buffers, String name) {
    Buf b = buffers.get(name);
    if (b == null) {
      throw new AssertionError("no '" + name + "' in " + buffers.keySet());
    }
    return b;
  }

  /// Its steps and those of all blocks in it and of all functions that it calls.
  List<Step> allSteps() {
    List<Step> all = new ArrayList<>();
    gather(all);
    blocks.functions().values().forEach(f -> f.planned().gather(all));
    return all;
  }

  private void gather(List<Step> all) {
    for (Step s : steps) {
      all.add(s);
      s.units().forEach(u -> u.planned().gather(all));
    }
  }

  /// What a run of this needs, beside a store of its own state.
  Reservation reserved() {
    long arrays = 0;
    Set<Buf> own = new HashSet<>(inputs.values());
    own.addAll(outputs.values());
    for (Step s : allSteps()) {
      s.buffers().stream().filter(b -> b.home == Buf.Home.CONSTANT).forEach(own::add);
      arrays += s instanceof Step.Work k ? k.routine().arrays() : 0;
    }
    long bytes = arrays + own.stream().mapToLong(b -> b.bytes() + SLACK).sum();
    return new Reservation(
        StateStore.reservedBytes(program), bytes, plan.bytes(), frames().bytes());
  }

  /// Refuses what does not fit beside what the state and other programs over it hold.
  void require(MemoryLimit limit, StateStore state) {
    Reservation all = reserved();
    String frames =
        all.frames() == 0
            ? ""
            : ": %,d bytes of frames for all trips of its bounded loops, and all else"
                .formatted(all.frames());
    limit.require(
        program.name() + frames,
        all.own() + all.frames() + state.missingScratch(plan.bytes()),
        state.reservedBytes() + state.scratchBytes());
  }

  /// What frames take, as far as that is known.
  FrameForecast frames() {
    return new FrameForecast(this);
  }

  /// The plan, and frames beside it.
  MemoryReport memory() {
    MemoryReport planned = plan.report();
    FrameForecast frames = frames();
    if (frames.bytes() == 0 && frames.growths().isEmpty()) {
      return planned;
    }
    List<MemoryReport.Entry> entries = new ArrayList<>(planned.tensors());
    if (frames.bytes() > 0) {
      entries.add(
          new MemoryReport.Entry(
              "frames",
              MemoryReport.Tag.RESIDUAL,
              frames.bytes(),
              frames.first(),
              frames.last(),
              -1));
    }
    return MemoryReport.of(
        entries, steps.stream().map(Step::name).toList(), planned.arenaBytes(), frames.growths());
  }

  Forecast forecast() {
    long[] macs = macs();
    return new Forecast(
        memory(),
        reserved(),
        allSteps().size(),
        macs[0],
        macs[1],
        macs[2],
        TimeModel.seconds(steps));
  }

  /// Multiply-adds of one run, by phase; of what runs as often as the data says, those of one time,
  /// and of a branch those of the longer block.
  long[] macs() {
    long[] macs = new long[3];
    steps.forEach(s -> add(macs, s));
    return macs;
  }

  private void add(long[] macs, Step s) {
    switch (s) {
      case Step.Launch l -> macs[l.phase().ordinal()] += l.macs();
      case Step.Host _, Step.Work _, Step.Frame _, Step.Move _ -> {}
      case Step.If i -> {
        long[] yes = i.yes().planned().macs();
        long[] no = i.no().planned().macs();
        for (int k = 0; k < macs.length; k++) {
          macs[k] += Math.max(yes[k], no[k]);
        }
      }
      case Step.Loop l -> add(macs, l.body().planned().macs(), l.knownTrips());
      case Step.Call c -> {
        // A function that calls itself is counted once.
        Blocks.Function f = blocks.functions().get(c.function());
        if (f != null && !f.calls().contains(c.function())) {
          add(macs, f.planned().macs(), 1);
        }
      }
    }
  }

  private static void add(long[] macs, long[] more, long times) {
    for (int k = 0; k < macs.length; k++) {
      macs[k] += more[k] * times;
    }
  }
}
