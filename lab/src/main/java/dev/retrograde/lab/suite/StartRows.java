package dev.retrograde.lab.suite;

import dev.retrograde.lab.compare.Spread;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// Rows from the readings of processes that all did the same.
///
/// @param what they did
/// @param threads of a step
/// @param cached whether they started from a class cache
record StartRows(StartCase what, int threads, boolean cached) {
  static final String FIRST_STEP = "first-step";
  static final String COMPILE = "compile";
  static final String TENTH_STEP = "tenth-step";

  private static final double FIRST_STEP_SECONDS = 1;
  private static final double TENTH_SHARE = 0.9;

  /// Seconds to the first finished step. Only the start script's way, from a cache, has a bar.
  SuiteRow firstStep(List<StartReading> all) {
    Figure figure = figure(FIRST_STEP, "s from process start to the first finished step");
    double value = median(all, StartReading::firstStep);
    Map<String, Object> more = spread(all, StartReading::firstStep);
    more.put("main_s", median(all, StartReading::main));
    more.put("target_s", median(all, StartReading::target));
    more.put("data_s", median(all, StartReading::data));
    more.put("traced_s", median(all, StartReading::traced));
    more.put("compiled_s", median(all, StartReading::compiled));
    return cached
        ? figure.atMost(value, FIRST_STEP_SECONDS, null, more)
        : figure.printed(value, more);
  }

  /// Seconds of the process's first compilation of a step.
  ///
  /// @param aim NaN if there is none
  SuiteRow compile(List<StartReading> all, double must, double aim) {
    return figure(COMPILE, "s to compile the step in a cold process")
        .atMost(
            median(all, StartReading::compile),
            must,
            Double.isNaN(aim) ? null : aim,
            spread(all, StartReading::compile));
  }

  /// Speed of the tenth step as a share of the steady speed. What the loader's thread takes, cold
  /// as it is, is told beside it.
  SuiteRow tenthStep(List<StartReading> all) {
    ToDoubleFunction<StartReading> share =
        r -> StartReading.steady(r.steps()) / StartReading.tenth(r.steps());
    Map<String, Object> more = spread(all, share);
    more.put("tenth_s", median(all, r -> StartReading.tenth(r.steps())));
    more.put("steady_s", median(all, r -> StartReading.steady(r.steps())));
    more.put("tenth_with_batch_s", median(all, r -> StartReading.tenth(r.withBatches())));
    more.put("steady_with_batch_s", median(all, r -> StartReading.steady(r.withBatches())));
    return figure(TENTH_STEP, "steady step time / that of step 10")
        .atLeast(median(all, share), TENTH_SHARE, null, more);
  }

  Figure figure(String part, String metric) {
    return new Figure(part, what.model(), "store", what.batch(), threads, metric);
  }

  private static double median(List<StartReading> all, ToDoubleFunction<StartReading> f) {
    return Spread.median(all.stream().map(f::applyAsDouble).toList());
  }

  private Map<String, Object> spread(List<StartReading> all, ToDoubleFunction<StartReading> f) {
    List<Double> values = all.stream().map(f::applyAsDouble).toList();
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("class_cache", cached);
    more.put("lowest", Spread.quantile(values, 0));
    more.put("highest", Spread.quantile(values, 1));
    more.put("processes", all.size());
    return more;
  }
}
