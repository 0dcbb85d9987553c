package dev.retrograde.lab.backward;

import dev.retrograde.lab.backward.Argument.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The names that a backward specification may use.
public enum Choice {
  STORE(Axis.SAVING, true, "keep every value that backward reads"),
  RECOMPUTE(
      Axis.SAVING,
      true,
      "keep values between groups of k blocks, compute the others again; cheap is exact",
      new Argument("k", Kind.COUNT_OR_CHEAP, "2")),
  SEGMENTS(
      Axis.SAVING,
      true,
      "keep carried values of scans between n segments of their rows, compute the rows again",
      new Argument("n", Kind.PIECES, "auto")),
  REVERSIBLE(Axis.SAVING, true, "rebuild inputs from outputs, in regions that declare an inverse"),
  EXACT(Axis.SAVING, true, "rebuild from the input of batch norm, mode A"),
  POOLED(Axis.SAVING, true, "keep averages over p x p", new Argument("p", Kind.COUNT, "2")),
  POOLEDQ(
      Axis.SAVING,
      true,
      "keep averages over p x p, inputs of batch norm in 8 bits",
      new Argument("p", Kind.COUNT, "2")),
  POOLEDALL(
      Axis.SAVING,
      true,
      "keep averages over p x p, of inputs of batch norm too",
      new Argument("p", Kind.COUNT, "2")),
  QUANTIZED(Axis.SAVING, true, "keep few bits a value", new Argument("bits", Kind.BITS, "8")),
  BLOCKSPARSE(
      Axis.SAVING,
      true,
      "keep the strongest blocks of the inputs of dense layers",
      new Argument("block", Kind.COUNT, "16"),
      new Argument("sparsity", Kind.PART, "0.5")),
  BUDGET(
      Axis.SAVING,
      true,
      "stay below so many bytes, or below a share of the backward multiply-adds",
      new Argument("bytes or percent", Kind.BYTES_OR_PERCENT, ""),
      new Argument("what may take part", Kind.LOSSY, "exact")),
  DENSE(Axis.ERROR, true, "pass every cotangent on"),
  TINYPROP(
      Axis.ERROR,
      false,
      "pass the largest cotangents on, their number set by the error",
      new Argument("sMax", Kind.SHARE, "1"),
      new Argument("sMin", Kind.SHARE, "0"),
      new Argument("damping", Kind.NUMBER, "1"),
      new Argument("skip threshold", Kind.NUMBER, "0")),
  TOPK(
      Axis.ERROR,
      false,
      "pass a fixed share of the largest cotangents on",
      new Argument("fraction", Kind.FRACTION, "")),
  UNIFIED(
      Axis.ERROR,
      false,
      "pass the same share on in every sample",
      new Argument("fraction", Kind.FRACTION, "")),
  CHANNELS(
      Axis.ERROR,
      false,
      "pass the strongest channels on",
      new Argument("fraction", Kind.FRACTION, "")),
  SKIP(
      Axis.ERROR,
      false,
      "leave samples out whose loss is below a threshold",
      new Argument("threshold", Kind.NUMBER, ""));

  private final Axis axis;
  private final boolean available;
  private final String summary;
  private final List<Argument> arguments;

  Choice(Axis axis, boolean available, String summary, Argument... arguments) {
    this.axis = axis;
    this.available = available;
    this.summary = summary;
    this.arguments = List.of(arguments);
  }

  /// As it is written, such as `recompute`.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// What it does, to be read after its name.
  public String summary() {
    return summary;
  }

  /// Whether this version can train with it, given its arguments. The others are known by name, and
  /// a run that asks for one becomes a row that says so.
  boolean available(List<String> given) {
    return available && (axis == Axis.ERROR || axis(given) == Axis.SAVING);
  }

  List<Argument> arguments() {
    return arguments;
  }

  /// The axis that it stands on, given its arguments: a budget in percent is about errors.
  Axis axis(List<String> given) {
    return this == BUDGET && !given.isEmpty() && given.getFirst().endsWith("%") ? Axis.ERROR : axis;
  }

  static Optional<Choice> named(String text) {
    return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
  }

  /// The name that was probably meant.
  static Optional<Choice> near(String text) {
    Choice best = STORE;
    int least = Integer.MAX_VALUE;
    for (Choice c : values()) {
      int d = distance(text.toLowerCase(Locale.ROOT), c.text());
      if (d < least) {
        least = d;
        best = c;
      }
    }
    return least <= Math.max(1, best.text().length() / 3) ? Optional.of(best) : Optional.empty();
  }

  /// Letters to insert, drop or exchange (Levenshtein 1966).
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int swap = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(swap, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
