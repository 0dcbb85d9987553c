package dev.retrograde.nn.update;

import java.util.ArrayList;
import java.util.List;

/// Makes optimisers; meant for static import.
public final class Optimizers {
  private static final String ROWS = "rows=";

  private Optimizers() {}

  /// Plain gradient descent; [Sgd#momentum] and others refine it.
  public static Sgd sgd(double rate) {
    return new Sgd(rate, 0, false, Decay.NONE);
  }

  /// Adam with betas 0.9 and 0.999 and epsilon 1e-8, as published.
  public static Adam adam(double rate) {
    return new Adam(rate, 0.9, 0.999, 1e-8, false, Decay.NONE);
  }

  /// Adam with decoupled weight decay of 0.01.
  public static Adam adamw(double rate) {
    return new Adam(rate, 0.9, 0.999, 1e-8, true, Decay.NONE.rate(0.01));
  }

  /// Adagrad with epsilon 1e-8 and no clipping.
  public static Adagrad adagrad(double rate) {
    return new Adagrad(rate, 1e-8, Double.POSITIVE_INFINITY, Decay.NONE);
  }

  /// Reads `NAME[:RATE][:KEY=VALUE...]`, such as `sgd:0.1:momentum=0.9:nesterov:decay=2e-4` or
  /// `adam:0.001`. Keys: `momentum`, `nesterov` (sgd); `beta1`, `beta2`, `epsilon` (adam, adamw);
  /// `epsilon`, `clip` (adagrad); `decay`, `except`; `rows`, a glob of tables of which only rows
  /// that were looked up are updated.
  ///
  /// @param rate used where the text gives none
  public static Optimizer parse(String spec, double rate) {
    List<String> own = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    for (String part : spec.split(":", -1)) {
      (part.startsWith(ROWS) ? rows : own).add(part);
    }
    Optimizer o = parse(spec, own.toArray(String[]::new), rate);
    for (String r : rows) {
      o = o.rows(r.substring(ROWS.length()));
    }
    return o;
  }

  private static Optimizer parse(String spec, String[] parts, double rate) {
    int first = 1;
    double lr = rate;
    if (parts.length > 1 && !parts[1].contains("=") && !parts[1].equals("nesterov")) {
      lr = number(spec, parts[1]);
      first = 2;
    }
    return switch (parts[0]) {
      case "sgd" -> sgd(spec, parts, first, lr);
      case "adam" -> adam(spec, parts, first, adam(lr), 0.9, 0.999);
      case "adamw" -> adam(spec, parts, first, adamw(lr), 0.9, 0.999);
      case "adagrad" -> adagrad(spec, parts, first, lr);
      default ->
          throw new IllegalArgumentException(
              "unknown optimizer '"
                  + parts[0]
                  + "' in '"
                  + spec
                  + "'; there are: sgd, adam, adamw, adagrad");
    };
  }

  private static Sgd sgd(String spec, String[] parts, int first, double rate) {
    Sgd o = sgd(rate);
    for (int i = first; i < parts.length; i++) {
      String value = parts[i].substring(parts[i].indexOf('=') + 1);
      o =
          switch (key(parts[i])) {
            case "momentum" -> o.momentum(number(spec, value));
            case "nesterov" -> o.nesterov();
            case "decay" -> o.weightDecay(number(spec, value));
            case "except" -> o.except(value);
            default -> throw unknown(spec, parts[i], "momentum, nesterov, decay, except");
          };
    }
    return o;
  }

  private static Adam adam(
      String spec, String[] parts, int first, Adam start, double beta1, double beta2) {
    Adam o = start;
    double b1 = beta1;
    double b2 = beta2;
    for (int i = first; i < parts.length; i++) {
      String value = parts[i].substring(parts[i].indexOf('=') + 1);
      switch (key(parts[i])) {
        case "beta1" -> b1 = number(spec, value);
        case "beta2" -> b2 = number(spec, value);
        case "epsilon" -> o = o.epsilon(number(spec, value));
        case "decay" -> o = o.weightDecay(number(spec, value));
        case "except" -> o = o.except(value);
        default -> throw unknown(spec, parts[i], "beta1, beta2, epsilon, decay, except");
      }
    }
    return o.betas(b1, b2);
  }

  private static Adagrad adagrad(String spec, String[] parts, int first, double rate) {
    Adagrad o = adagrad(rate);
    for (int i = first; i < parts.length; i++) {
      String value = parts[i].substring(parts[i].indexOf('=') + 1);
      o =
          switch (key(parts[i])) {
            case "epsilon" -> o.epsilon(number(spec, value));
            case "clip" -> o.clip(number(spec, value));
            case "decay" -> o.weightDecay(number(spec, value));
            case "except" -> o.except(value);
            default -> throw unknown(spec, parts[i], "epsilon, clip, decay, except");
          };
    }
    return o;
  }

  private static String key(String part) {
    return part.contains("=") ? part.substring(0, part.indexOf('=')) : part;
  }

  private static IllegalArgumentException unknown(String spec, String part, String known) {
    return new IllegalArgumentException(
        "unknown option '" + part + "' in '" + spec + "'; there are: " + known);
  }

  static double number(String spec, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "expected a number in '" + spec + "', found '" + text + "'", e);
    }
  }
}
