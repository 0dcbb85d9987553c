package dev.retrograde.nn.update;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The learning rate over a run, as a factor of the optimiser's own.
public sealed interface Schedule {
  /// The factor of a step.
  ///
  /// @param step from 0
  /// @param total steps that the run is planned to have; 0 if that is not known
  double factor(long step, long total);

  /// The spelling in a run's record; [#parse] reads it back.
  String spec();

  /// Always 1.
  record Constant() implements Schedule {
    @Override
    public double factor(long step, long total) {
      return 1;
    }

    @Override
    public String spec() {
      return "constant";
    }
  }

  /// Times `gamma` at each of these steps.
  ///
  /// @param at ascending
  record Drops(double gamma, List<Long> at) implements Schedule {
    public Drops {
      at = List.copyOf(at);
      if (!(gamma > 0)) {
        throw new IllegalArgumentException("step schedule: a factor above 0, found " + gamma);
      }
      if (!at.stream().sorted().toList().equals(at)) {
        throw new IllegalArgumentException("step schedule: steps ascend, found " + at);
      }
    }

    @Override
    public double factor(long step, long total) {
      return Math.pow(gamma, at.stream().filter(s -> step >= s).count());
    }

    @Override
    public String spec() {
      return "step:" + gamma + at.stream().map(s -> ":" + s).collect(Collectors.joining());
    }
  }

  /// From 1 to `floor` along half a cosine over the whole run: `floor + (1 - floor) (1 + cos(pi t))
  /// / 2` (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, one period). Without a planned
  /// length it stays at 1.
  record Cosine(double floor) implements Schedule {
    @Override
    public double factor(long step, long total) {
      if (total <= 0) {
        return 1;
      }
      double t = Math.min(1, (double) step / total);
      return floor + (1 - floor) * (1 + StrictMath.cos(Math.PI * t)) / 2;
    }

    @Override
    public String spec() {
      return floor == 0 ? "cosine" : "cosine:" + floor;
    }
  }

  /// Rises in even strides to 1 over the first `steps` steps, `(step + 1) / steps`, then goes on
  /// with `then`, for which these steps count too.
  record WarmUp(long steps, Schedule then) implements Schedule {
    public WarmUp {
      if (steps < 1) {
        throw new IllegalArgumentException("warm-up: at least 1 step, found " + steps);
      }
    }

    @Override
    public double factor(long step, long total) {
      return step < steps ? (step + 1.0) / steps * then.factor(0, total) : then.factor(step, total);
    }

    @Override
    public String spec() {
      return "warmup:" + steps + "+" + then.spec();
    }
  }

  static Schedule constant() {
    return new Constant();
  }

  /// Times `gamma` at each of these steps.
  static Schedule steps(double gamma, long... at) {
    return new Drops(gamma, Arrays.stream(at).boxed().toList());
  }

  static Schedule cosine() {
    return new Cosine(0);
  }

  static Schedule warmUp(long steps, Schedule then) {
    return new WarmUp(steps, then);
  }

  /// Reads `constant`, `cosine[:FLOOR]`, `step:GAMMA:AT[:AT...]`, and `warmup:STEPS+SCHEDULE`.
  static Schedule parse(String spec) {
    if (spec.startsWith("warmup:")) {
      int plus = spec.indexOf('+');
      String steps = spec.substring("warmup:".length(), plus < 0 ? spec.length() : plus);
      Schedule then = plus < 0 ? constant() : parse(spec.substring(plus + 1));
      return new WarmUp(whole(spec, steps), then);
    }
    String[] parts = spec.split(":", -1);
    return switch (parts[0]) {
      case "constant" -> constant();
      case "cosine" -> new Cosine(parts.length > 1 ? Optimizers.number(spec, parts[1]) : 0);
      case "step" -> {
        if (parts.length < 3) {
          throw new IllegalArgumentException(
              "expected step:GAMMA:AT, found '" + spec + "'; for example step:0.1:3000:4500");
        }
        List<Long> at = Arrays.stream(parts).skip(2).map(p -> whole(spec, p)).toList();
        yield new Drops(Optimizers.number(spec, parts[1]), at);
      }
      default ->
          throw new IllegalArgumentException(
              "unknown schedule '"
                  + spec
                  + "'; there are: constant, cosine, step:GAMMA:AT, "
                  + "warmup:STEPS+SCHEDULE");
    };
  }

  private static long whole(String spec, String text) {
    if (!text.matches("[0-9]{1,15}")) {
      throw new IllegalArgumentException(
          "expected a number of steps in '" + spec + "', found '" + text + "'");
    }
    return Long.parseLong(text);
  }
}
