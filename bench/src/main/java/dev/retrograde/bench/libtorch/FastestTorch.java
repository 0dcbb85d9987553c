package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.PeerTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Chooses the image layout and the number of threads with which libtorch is faster on this task
/// and machine, so that it is compared at its best.
public final class FastestTorch {
  private static final int WARM_UP_STEPS = 3;
  private static final int ROUNDS = 4;
  private static final int STEPS = 3;

  /// A peer and how it was set.
  ///
  /// @param peer to be closed by the caller
  /// @param threads that it uses, 1 to those it may use
  public record Choice(TorchPeer peer, int threads) {
    /// The choice in words, such as `channels_last, 2 threads, Cooperlake`; the last is the
    /// processor for which OpenBLAS computes products.
    public String setting() {
      return peer.layout().name().toLowerCase(Locale.ROOT)
          + ", "
          + threads
          + (threads == 1 ? " thread, " : " threads, ")
          + peer.blasCore();
    }
  }

  private static final class Candidate {
    private final TorchLayout layout;
    private final int threads;
    private double seconds = Double.POSITIVE_INFINITY;

    private Candidate(TorchLayout layout, int threads) {
      this.layout = layout;
      this.threads = threads;
    }

    private double seconds() {
      return seconds;
    }
  }

  private FastestTorch() {}

  /// A peer for `task` with `samples` a step, ready to step with at most `threads` threads from
  /// `first` on `batch`. Tries every layout (where the task has images) and number of threads in
  /// turn.
  public static Choice open(
      PeerTask task, int samples, int threads, Map<String, float[]> first, Batch batch) {
    List<Candidate> candidates = new ArrayList<>();
    for (int count = 1; count <= threads; count++) {
      candidates.add(new Candidate(TorchLayout.CONTIGUOUS, count));
      if (task.sampleShape().size() == 3) {
        candidates.add(new Candidate(TorchLayout.CHANNELS_LAST, count));
      }
    }
    if (candidates.size() == 1) {
      return ready(candidates.getFirst(), task, samples, first, batch);
    }
    List<Choice> peers = new ArrayList<>();
    try {
      for (Candidate candidate : candidates) {
        peers.add(ready(candidate, task, samples, first, batch));
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < candidates.size(); i++) {
          Candidate candidate = candidates.get(i);
          candidate.seconds = Math.min(candidate.seconds, seconds(peers.get(i)));
        }
      }
    } catch (RuntimeException | Error failure) {
      peers.forEach(choice -> choice.peer().close());
      throw failure;
    }
    Candidate fastest =
        candidates.stream().min(Comparator.comparingDouble(Candidate::seconds)).orElseThrow();
    Choice chosen = peers.remove(candidates.indexOf(fastest));
    peers.forEach(choice -> choice.peer().close());
    chosen.peer().threads(chosen.threads());
    chosen.peer().setParameters(first);
    return chosen;
  }

  private static Choice ready(
      Candidate candidate, PeerTask task, int samples, Map<String, float[]> first, Batch batch) {
    TorchPeer peer = new TorchPeer(task, samples, candidate.layout);
    peer.threads(candidate.threads);
    peer.setParameters(first);
    peer.setInputs(batch);
    for (int step = 0; step < WARM_UP_STEPS; step++) {
      peer.step();
    }
    return new Choice(peer, candidate.threads);
  }

  /// The best of a few steps: a disturbance only ever adds time.
  private static double seconds(Choice choice) {
    choice.peer().threads(choice.threads());
    double best = Double.POSITIVE_INFINITY;
    for (int step = 0; step < STEPS; step++) {
      long start = System.nanoTime();
      choice.peer().step();
      best = Math.min(best, (System.nanoTime() - start) * 1e-9);
    }
    return best;
  }
}
