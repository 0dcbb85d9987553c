package dev.retrograde.bench;

import dev.retrograde.bench.libtorch.LibtorchSettings;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.bench.libtorch.TorchPeer;
import dev.retrograde.bench.machine.CorePinning;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.PeerSuite;
import dev.retrograde.bench.task.PeerTask;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Prints what libtorch alone reaches on every row of the peer suite, at one and two threads: the
/// first three losses (they must fall), and the median milliseconds a step in both image layouts.
///
/// A short look, not a measurement: no pairs, no probes. Takes about a minute and a half.
public final class PeerSmoke {
  private static final long SEED = 7;
  private static final double SECONDS = 0.8;

  private PeerSmoke() {}

  /// Takes no arguments.
  public static void main(String[] arguments) throws InterruptedException {
    LibtorchSettings.prepare();
    Thread bench = Thread.ofPlatform().name("bench").start(PeerSmoke::run);
    bench.join();
  }

  private static void run() {
    System.out.printf(
        Locale.ROOT,
        "%-15s %5s %7s %-14s %10s  %s%n",
        "task",
        "batch",
        "threads",
        "layout",
        "ms/step",
        "first losses");
    int cores = CorePinning.cores().size();
    for (PeerSuite.Entry entry : PeerSuite.entries(PeerSuite.update())) {
      for (TorchLayout layout : layouts(entry.task())) {
        for (int threads = 1; threads <= Math.min(2, cores); threads++) {
          row(entry, layout, threads);
        }
      }
    }
  }

  private static List<TorchLayout> layouts(PeerTask task) {
    return task.sampleShape().size() == 3
        ? List.of(TorchLayout.values())
        : List.of(TorchLayout.CONTIGUOUS);
  }

  private static void row(PeerSuite.Entry entry, TorchLayout layout, int threads) {
    PeerTask task = entry.task();
    try (CorePinning _ = CorePinning.toFirst(threads);
        TorchPeer peer = new TorchPeer(task, entry.batch(), layout)) {
      peer.threads(threads);
      peer.setParameters(FirstValues.parameters(task, SEED));
      peer.setInputs(FirstValues.batch(task, entry.batch(), SEED));
      float[] losses = {peer.step(), peer.step(), peer.step()};
      System.out.printf(
          Locale.ROOT,
          "%-15s %5d %7d %-14s %10.4f  %s%n",
          task.name(),
          entry.batch(),
          threads,
          layout.name().toLowerCase(Locale.ROOT),
          medianMilliseconds(peer),
          Arrays.toString(losses));
    }
  }

  private static double medianMilliseconds(TorchPeer peer) {
    long end = System.nanoTime() + (long) (SECONDS * 1e9);
    double[] times = new double[100_000];
    int count = 0;
    while (count < times.length && (count < 3 || System.nanoTime() < end)) {
      long start = System.nanoTime();
      peer.step();
      times[count++] = (System.nanoTime() - start) * 1e-6;
    }
    double[] settled = Arrays.copyOfRange(times, count / 3, count);
    Arrays.sort(settled);
    return settled[settled.length / 2];
  }
}
