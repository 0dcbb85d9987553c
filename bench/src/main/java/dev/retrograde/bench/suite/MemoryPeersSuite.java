package dev.retrograde.bench.suite;

import dev.retrograde.bench.engine.EngineContender;
import dev.retrograde.bench.libtorch.FastestTorch;
import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.bench.libtorch.TorchPeer;
import dev.retrograde.bench.memory.ChildJvm;
import dev.retrograde.bench.memory.MemoryCase;
import dev.retrograde.bench.memory.MemoryReading;
import dev.retrograde.bench.memory.MemoryRow;
import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.ContenderSide;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.LossAgreement;
import dev.retrograde.bench.task.PeerSuite;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.Resnet18;
import dev.retrograde.bench.timing.CopyProbe;
import dev.retrograde.bench.timing.FmaProbe;
import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.PairedTiming;
import dev.retrograde.choice.Saving;
import dev.retrograde.lab.suite.Suite;
import dev.retrograde.lab.suite.SuiteRow;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Memory and time of ResNet-18 in its CIFAR form beside libtorch, which stores what backward
/// reads: ours storing it too, computing elementwise values again, and keeping 8 bits a number.
///
/// Times are taken first, in pairs within this process, each policy in turn beside one libtorch
/// peer in its fastest layout. Memory is measured afterwards, each side in a process of its own,
/// see [dev.retrograde.bench.memory.MemoryProcess].
///
/// Design note. How the C library treats freed memory decides how fast libtorch is and how much of
/// it is resident. So that libtorch is compared at its best in both, times are taken with the
/// setting that is fastest here, memory is measured with this one and with the library as it comes,
/// and memory ratios take the lesser of the two.
public final class MemoryPeersSuite implements Suite {
  private static final String LIBTORCH = "libtorch";
  private static final long SEED = 7;
  private static final TorchAllocator FASTEST = TorchAllocator.KEEPS_LARGE;

  /// Equal work shows in a few steps of few samples as well, in seconds instead of minutes.
  private static final int AGREEMENT_BATCH = 8;

  private static final int AGREEMENT_STEPS = 5;

  /// A step takes seconds: one fills a side of a pair.
  private static final PairedTiming.Limits LIMITS = new PairedTiming.Limits(7, 14, 0.2, 0.5, 0.9);

  private static final List<Saving> SAVINGS =
      List.of(new Saving.Store(), new Saving.Exact(), new Saving.Quantized(8));

  /// Parts by batch: the figures are asked for the first; the second shows what weights alone take.
  private static final List<Integer> BATCHES = List.of(128, 16);

  /// What is measured.
  private record Work(PeerTask task, int batch, int threads, Target target) {
    String words() {
      return "%s batch %d, %d thread%s"
          .formatted(task.name(), batch, threads, threads == 1 ? "" : "s");
    }
  }

  /// One policy of ours beside the peer.
  private record Measured(Saving saving, LossAgreement agreement, PairedResult times) {}

  /// All policies, and how the peer was fastest.
  private record Times(
      TorchLayout layout, int peerThreads, String setting, List<Measured> policies) {}

  @Override
  public String name() {
    return "memory-peers";
  }

  @Override
  public String summary() {
    return "Memory and time of ResNet-18 beside libtorch.";
  }

  @Override
  public List<String> parts() {
    return BATCHES.stream().map(MemoryPeersSuite::part).toList();
  }

  private static String part(int batch) {
    return "batch-" + batch;
  }

  @Override
  public void run(Settings settings, Listener listener) {
    BenchThread.run(
        settings.threads(),
        FASTEST,
        threads -> {
          Target target = settings.chosen();
          PeerTask task = new Resnet18(PeerSuite.update());
          for (int batch : BATCHES) {
            if (settings.wants(part(batch))) {
              part(new Work(task, batch, threads, target), listener);
            }
          }
        });
  }

  private static void part(Work work, Listener listener) {
    try {
      Times times = times(work, listener);
      listener.note(work.words() + ": memory, one process for each side");
      rows(work, times, listener);
    } catch (IllegalArgumentException
        | IllegalStateException
        | UnsupportedOperationException failure) {
      listener.row(FailedRow.of(work.task().name(), work.batch(), work.threads(), failure));
    }
  }

  private static Times times(Work work, Listener listener) {
    Map<String, float[]> first = FirstValues.parameters(work.task(), SEED);
    Batch batch = FirstValues.batch(work.task(), work.batch(), SEED);
    listener.note(work.words() + ": libtorch's fastest layout");
    FastestTorch.Choice choice =
        FastestTorch.open(work.task(), work.batch(), work.threads(), first, batch);
    try (TorchPeer peer = choice.peer();
        FmaProbe fma = new FmaProbe(work.threads())) {
      PairedTiming timing = new PairedTiming(LIMITS, List.of(fma, new CopyProbe(work.threads())));
      List<Measured> policies = new ArrayList<>();
      for (Saving saving : SAVINGS) {
        listener.note("%s: times, %s".formatted(work.words(), saving.spec()));
        policies.add(
            new Measured(
                saving,
                agreement(work, choice, saving, first),
                timed(work, peer, saving, first, batch, timing)));
      }
      return new Times(peer.layout(), choice.threads(), choice.setting(), policies);
    }
  }

  private static LossAgreement agreement(
      Work work, FastestTorch.Choice choice, Saving saving, Map<String, float[]> first) {
    Batch batch = FirstValues.batch(work.task(), AGREEMENT_BATCH, SEED);
    try (EngineContender ours =
            new EngineContender(
                work.task(), AGREEMENT_BATCH, work.target(), work.threads(), saving);
        TorchPeer peer = new TorchPeer(work.task(), AGREEMENT_BATCH, choice.peer().layout())) {
      peer.threads(choice.threads());
      ours.setInputs(batch);
      peer.setInputs(batch);
      return LossAgreement.after(AGREEMENT_STEPS, ours, peer, first);
    }
  }

  private static PairedResult timed(
      Work work,
      TorchPeer peer,
      Saving saving,
      Map<String, float[]> first,
      Batch batch,
      PairedTiming timing) {
    try (EngineContender ours =
        new EngineContender(work.task(), work.batch(), work.target(), work.threads(), saving)) {
      ours.setInputs(batch);
      return timing.measure(new ContenderSide(ours, first), new ContenderSide(peer, first));
    }
  }

  private static void rows(Work work, Times times, Listener listener) {
    MemoryReading asTimed = peer(work, times, FASTEST);
    PairedResult beside = times.policies().getFirst().times();
    listener.row(
        row(
            work,
            LIBTORCH,
            asTimed,
            new MemoryRow.Timed(beside.peer(), beside),
            null,
            setting(times, FASTEST)));
    MemoryReading asItComes = peer(work, times, TorchAllocator.AS_IT_COMES);
    listener.row(
        row(work, LIBTORCH, asItComes, null, null, setting(times, TorchAllocator.AS_IT_COMES)));
    for (Measured policy : times.policies()) {
      listener.row(ours(work, policy, asTimed, asItComes));
    }
  }

  private static SuiteRow ours(
      Work work, Measured policy, MemoryReading asTimed, MemoryReading asItComes) {
    MemoryReading ours =
        read(work, new MemoryCase.Ours(work.target().name(), policy.saving()), work.threads());
    PairedResult pairs = policy.times();
    return row(
        work,
        policy.saving().spec(),
        ours,
        new MemoryRow.Timed(pairs.ours(), pairs),
        new MemoryRow.Beside(
            pairs.ratio(),
            Math.min(asTimed.training(), asItComes.training()),
            Math.min(asTimed.growth(), asItComes.growth()),
            policy.agreement().worst(),
            policy.agreement().first(),
            policy.saving().lossless()),
        work.target().name());
  }

  private static MemoryReading peer(Work work, Times times, TorchAllocator allocator) {
    return read(work, new MemoryCase.Peer(times.layout(), allocator), times.peerThreads());
  }

  private static MemoryReading read(Work work, MemoryCase side, int threads) {
    return ChildJvm.standard().measure(work.task().name(), side, work.batch(), threads);
  }

  private static String setting(Times times, TorchAllocator allocator) {
    return times.setting() + ", allocator " + allocator.name().toLowerCase(Locale.ROOT);
  }

  private static SuiteRow row(
      Work work,
      String contender,
      MemoryReading reading,
      MemoryRow.@Nullable Timed timed,
      MemoryRow.@Nullable Beside beside,
      String setting) {
    MemoryRow row =
        new MemoryRow(
            contender,
            work.task().name(),
            work.batch(),
            work.threads(),
            reading,
            timed,
            beside,
            setting);
    return new SuiteRow(row.fields(), row.met());
  }
}
