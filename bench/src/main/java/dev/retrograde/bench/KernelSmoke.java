package dev.retrograde.bench;

import dev.retrograde.bench.machine.CorePinning;
import dev.retrograde.bench.machine.NativeSettings;
import dev.retrograde.bench.onednn.DnnlKernel;
import dev.retrograde.bench.onednn.DnnlLibrary;
import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelSuite;
import dev.retrograde.bench.timing.FmaProbe;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Prints what oneDNN alone reaches on every row of the kernel suite, at one and two threads.
///
/// A short look, not a measurement: no pairs. Takes about half a minute.
public final class KernelSmoke {
  private static final double SECONDS = 0.2;

  private KernelSmoke() {}

  /// Takes no arguments.
  public static void main(String[] arguments) throws InterruptedException {
    NativeSettings.waitPassively();
    Thread bench = Thread.ofPlatform().name("bench").start(KernelSmoke::run);
    bench.join();
  }

  private static void run() {
    System.out.printf(
        Locale.ROOT,
        "%-45s %7s %12s %9s %9s  %s%n",
        "kernel",
        "threads",
        "us/call",
        "GFLOP/s",
        "probe",
        "implementation");
    int cores = Math.min(2, CorePinning.cores().size());
    try (DnnlLibrary library = new DnnlLibrary()) {
      for (int threads = 1; threads <= cores; threads++) {
        try (CorePinning _ = CorePinning.toFirst(threads);
            FmaProbe probe = new FmaProbe(threads)) {
          for (KernelSuite.Entry entry : KernelSuite.entries()) {
            row(library, entry.shape(), threads, probe);
          }
        }
      }
    }
  }

  private static void row(DnnlLibrary library, KernelShape shape, int threads, FmaProbe probe) {
    try (DnnlKernel kernel = new DnnlKernel(library, shape, threads)) {
      kernel.setOperands(halves(shape.first()), halves(shape.second()));
      double seconds = kernel.secondsPerCall(SECONDS);
      System.out.printf(
          Locale.ROOT,
          "%-45s %7d %12.2f %9.1f %9.1f  %s%n",
          shape.name(),
          threads,
          seconds * 1e6,
          shape.flops() / seconds * 1e-9,
          probe.rate(),
          kernel.implementation());
    }
  }

  private static float[] halves(List<Integer> shape) {
    float[] values = new float[KernelShape.size(shape)];
    Arrays.fill(values, 0.5f);
    return values;
  }
}
