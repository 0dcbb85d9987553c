package dev.retrograde.bench.timing;

/// A short piece of known work whose rate says how much of the machine is ours just now.
///
/// A pair of timings is only believed while every probe stays near its best, see [PairedTiming].
public interface Probe {
  /// The probe's name in reports, for example `fma`.
  String name();

  /// The unit of [#rate], for example `GFLOP/s`.
  String unit();

  /// Runs the probe once, for about ten milliseconds, and returns its rate in [#unit]; higher is
  /// better.
  double rate();
}
