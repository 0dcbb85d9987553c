package dev.retrograde.lab.suite;

import dev.retrograde.choice.Saving;
import dev.retrograde.target.Target;
import java.util.List;
import java.util.Map;

/// What fits: the largest batch of ResNet-18 in a fixed number of bytes under each policy, and the
/// sparsity at which a perceptron saves what block-sparse activations were reported to save (Barley
/// and Froening, arXiv 2311.16883). From memory plans alone.
record FitRows(Target target, Target.Options options) {
  private static final long BYTES = 512L << 20;
  private static final int STEP = 4;
  private static final int MOST = 1024;
  private static final double REPORTED = 32;

  void run(Suite.Listener listener) {
    int store = largest(new Saving.Store());
    List<Saving> policies =
        List.of(
            new Saving.Exact(),
            new Saving.Pooled(2),
            new Saving.PooledQuantized(2),
            new Saving.Quantized(8),
            new Saving.Quantized(4),
            new Saving.Recompute(1));
    for (Saving s : policies) {
      int batch = largest(s);
      Figure f =
          Subject.of("resnet18", batch, target, options)
              .figure("fit", s, "largest batch in 512 MiB over that of store");
      Map<String, Object> more = Map.of("largest_batch", batch, "largest_batch_of_store", store);
      double ratio = (double) batch / store;
      boolean barred = s.equals(new Saving.Quantized(8));
      listener.row(barred ? f.atLeast(ratio, 3, null, more) : f.atLeast(ratio, 1, null, more));
    }
    perceptron(listener);
  }

  /// The largest multiple of the step of which everything that a step reserves fits.
  private int largest(Saving saving) {
    int low = 0;
    int high = MOST / STEP;
    while (low < high) {
      int middle = (low + high + 1) / 2;
      long bytes = Subject.of("resnet18", middle * STEP, target, options).forecast(saving).bytes();
      if (bytes <= BYTES) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low * STEP;
  }

  private void perceptron(Suite.Listener listener) {
    Subject s = Subject.perceptron(4096, target, options);
    long store = s.forecast(new Saving.Store()).memory().peakBytes();
    Saving saving = new Saving.Store();
    double saved = 0;
    for (int tenths = 1; tenths < 10 && saved < REPORTED; tenths++) {
      saving = new Saving.BlockSparse(16, tenths / 10.0);
      saved = 100.0 * (store - s.forecast(saving).memory().peakBytes()) / store;
    }
    listener.row(
        s.figure("fit", saving, "joint peak below store %")
            .atLeast(saved, REPORTED, null, Map.of("store_peak_bytes", store)));
  }
}
