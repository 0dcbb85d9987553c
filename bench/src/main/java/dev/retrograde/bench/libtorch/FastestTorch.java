package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.PeerTask;
import java.util.Arrays;
import java.util.Map;

/// Chooses the image layout in which libtorch is faster on this task and machine, so that it is
/// compared at its best.
public final class FastestTorch {
  private static final int WARM_UP_STEPS = 3;
  private static final int ROUNDS = 5;

  private FastestTorch() {}

  /// A peer for `task` with `samples` a step, ready to step with `threads` threads from `first` on
  /// `batch`. Tries both layouts in turn where the task has images. The caller closes it.
  public static TorchPeer open(
      PeerTask task, int samples, int threads, Map<String, float[]> first, Batch batch) {
    TorchPeer contiguous = ready(task, samples, threads, first, batch, TorchLayout.CONTIGUOUS);
    if (task.sampleShape().size() != 3) {
      return contiguous;
    }
    TorchPeer channelsLast = ready(task, samples, threads, first, batch, TorchLayout.CHANNELS_LAST);
    double[] times = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    for (int round = 0; round < ROUNDS; round++) {
      times[0] = Math.min(times[0], seconds(contiguous));
      times[1] = Math.min(times[1], seconds(channelsLast));
    }
    TorchPeer faster = times[0] <= times[1] ? contiguous : channelsLast;
    (faster == contiguous ? channelsLast : contiguous).close();
    faster.setParameters(first);
    return faster;
  }

  private static TorchPeer ready(
      PeerTask task,
      int samples,
      int threads,
      Map<String, float[]> first,
      Batch batch,
      TorchLayout layout) {
    TorchPeer peer = new TorchPeer(task, samples, layout);
    peer.threads(threads);
    peer.setParameters(first);
    peer.setInputs(batch);
    for (int step = 0; step < WARM_UP_STEPS; step++) {
      peer.step();
    }
    return peer;
  }

  /// The best of a few steps: a disturbance only ever adds time.
  private static double seconds(TorchPeer peer) {
    double[] times = new double[ROUNDS];
    for (int step = 0; step < ROUNDS; step++) {
      long start = System.nanoTime();
      peer.step();
      times[step] = (System.nanoTime() - start) * 1e-9;
    }
    return Arrays.stream(times).min().orElseThrow();
  }
}
