package dev.retrograde.lab.report;

import java.util.Locale;

/// How a quantity is written.
public enum Unit {
  COUNT,
  NUMBER,
  PERCENT,
  SECONDS,
  BYTES;

  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] DECIMAL = {"", " k", " M", " G", " T"};

  /// For people: three digits or so, with its unit. A share is given from 0 to 1.
  public String text(double value) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    return switch (this) {
      case COUNT -> scaled(value, 1000, DECIMAL, "");
      case NUMBER -> digits(value);
      case PERCENT -> String.format(Locale.ROOT, "%.2f %%", 100 * value);
      case SECONDS -> seconds(value);
      case BYTES -> scaled(value, 1024, BINARY, " ");
    };
  }

  /// Beside an axis: as short as the distance of the ticks allows.
  String tick(double value, double step) {
    return switch (this) {
      case NUMBER -> decimals(value, step);
      case PERCENT -> decimals(100 * value, 100 * step) + " %";
      case COUNT, SECONDS, BYTES -> value == 0 ? "0" : withoutZeros(text(value));
    };
  }

  /// What a step between ticks should be a round number of.
  double base(double range) {
    if (this != BYTES) {
      return 1;
    }
    double base = 1;
    while (base * 1024 <= range) {
      base *= 1024;
    }
    return base;
  }

  private static String withoutZeros(String number) {
    return number
        .replaceFirst("(\\.[0-9]*?)0+(?=[^0-9]|$)", "$1")
        .replaceFirst("\\.(?=[^0-9]|$)", "");
  }

  private static String decimals(double value, double step) {
    int places = (int) Math.clamp(Math.ceil(-Math.log10(Math.abs(step)) - 1e-9), 0, 6);
    return String.format(Locale.ROOT, "%." + places + "f", value);
  }

  private static String scaled(double value, double factor, String[] names, String gap) {
    int power = 0;
    double left = value;
    while (Math.abs(left) >= factor && power < names.length - 1) {
      left /= factor;
      power++;
    }
    String number = left == Math.rint(left) && power == 0 ? "%.0f" : left < 10 ? "%.2f" : "%.1f";
    return String.format(Locale.ROOT, number, left) + gap + names[power];
  }

  private static String seconds(double value) {
    double size = Math.abs(value);
    if (size >= 120) {
      return String.format(Locale.ROOT, "%.1f min", value / 60);
    }
    if (size >= 1 || size == 0) {
      return digits(value) + " s";
    }
    return size >= 1e-3 ? digits(value * 1e3) + " ms" : digits(value * 1e6) + " µs";
  }

  private static String digits(double value) {
    double size = Math.abs(value);
    String pattern =
        size == 0 || size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3g";
    return String.format(Locale.ROOT, pattern, value);
  }
}
