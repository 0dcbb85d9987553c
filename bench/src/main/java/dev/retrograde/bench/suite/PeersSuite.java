package dev.retrograde.bench.suite;

import dev.retrograde.bench.engine.EngineContender;
import dev.retrograde.bench.engine.KernelTimes;
import dev.retrograde.bench.libtorch.FastestTorch;
import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.ContenderSide;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.LossAgreement;
import dev.retrograde.bench.task.PeerSuite;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.timing.CopyProbe;
import dev.retrograde.bench.timing.FmaProbe;
import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.PairedTiming;
import dev.retrograde.bench.timing.PeerRow;
import dev.retrograde.lab.suite.Suite;
import dev.retrograde.lab.suite.SuiteRow;
import dev.retrograde.runtime.Executable;
import dev.retrograde.target.Target;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Whole training steps beside libtorch: equal weights, equal batches, equal arithmetic.
///
/// On one pinned core unless more threads are asked for. Takes about four minutes.
public final class PeersSuite implements Suite {
  private static final long SEED = 7;
  private static final int AGREEMENT_STEPS = 20;
  private static final int KERNELS_SHOWN = 6;

  @Override
  public String name() {
    return "peers";
  }

  @Override
  public String summary() {
    return "Whole training steps beside libtorch.";
  }

  @Override
  public List<String> parts() {
    return PeerSuite.entries(PeerSuite.update()).stream()
        .map(entry -> entry.task().name())
        .distinct()
        .toList();
  }

  @Override
  public void run(Settings settings, Listener listener) {
    BenchThread.run(
        settings.threads(),
        TorchAllocator.KEEPS_LARGE,
        threads -> {
          Target target = settings.chosen();
          try (FmaProbe fma = new FmaProbe(threads)) {
            PairedTiming timing =
                new PairedTiming(
                    PairedTiming.Limits.standard(), List.of(fma, new CopyProbe(threads)));
            for (PeerSuite.Entry entry : PeerSuite.entries(PeerSuite.update())) {
              if (settings.wants(entry.task().name())) {
                row(entry, threads, target, timing, listener);
              }
            }
          }
        });
  }

  private static void row(
      PeerSuite.Entry entry, int threads, Target target, PairedTiming timing, Listener listener) {
    try {
      listener.row(measured(entry, threads, target, timing, listener));
    } catch (IllegalArgumentException
        | IllegalStateException
        | UnsupportedOperationException failure) {
      listener.row(FailedRow.of(entry.task().name(), entry.batch(), threads, failure));
    }
  }

  private static SuiteRow measured(
      PeerSuite.Entry entry, int threads, Target target, PairedTiming timing, Listener listener) {
    PeerTask task = entry.task();
    Map<String, float[]> first = FirstValues.parameters(task, SEED);
    Batch batch = FirstValues.batch(task, entry.batch(), SEED);
    try (EngineContender ours = new EngineContender(task, entry.batch(), target, threads)) {
      ours.setInputs(batch);
      FastestTorch.Choice choice = FastestTorch.open(task, entry.batch(), threads, first, batch);
      try (var peer = choice.peer()) {
        int steps = task.update().isPresent() ? AGREEMENT_STEPS : 1;
        LossAgreement agreement = LossAgreement.after(steps, ours, peer, first);
        PairedResult result =
            timing.measure(new ContenderSide(ours, first), new ContenderSide(peer, first));
        Executable.Compiled compiled = ours.compiled();
        PeerRow row =
            new PeerRow(
                task.name(),
                entry.batch(),
                threads,
                result,
                task.multiplyAdds() == 0 ? Double.NaN : 2.0 * task.multiplyAdds() * entry.batch(),
                result.probeBest().getFirst(),
                compiled.distinct(),
                compiled.compileNanos() * 1e-6,
                choice.setting(),
                agreement.worst(),
                entry.goal());
        explain(row, ours, first, listener);
        return new SuiteRow(row.fields(), row.met());
      }
    }
  }

  private static void explain(
      PeerRow row, EngineContender ours, Map<String, float[]> first, Listener listener) {
    ours.setParameters(first);
    KernelTimes times = KernelTimes.leastOf(ours::profile);
    listener.note(
        String.format(
            Locale.ROOT,
            "%s batch %d, %d thread%s, %s: %d launches of %d kernels, %d bytes of code",
            row.task(),
            row.batch(),
            row.threads(),
            row.threads() == 1 ? "" : "s",
            ours.compiled().target(),
            ours.compiled().kernels(),
            ours.compiled().distinct(),
            ours.compiled().codeBytes()));
    times.text(KERNELS_SHOWN).forEach(listener::note);
  }
}
