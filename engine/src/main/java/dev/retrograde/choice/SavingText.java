package dev.retrograde.choice;

import java.util.List;

/// Reads policies as the command line spells them.
final class SavingText {
  private static final String NAMES =
      "store, exact, recompute:K, segments[:N], reversible, pooled:P, pooledq:P, pooledall:P, quantized:BITS,"
          + " blocksparse:BLOCK:SPARSITY, budget:BYTES[:lossy]";

  private SavingText() {}

  static Saving parse(String spec) {
    List<String> parts = List.of(spec.split(":", -1));
    List<String> args = parts.subList(1, parts.size());
    return switch (parts.getFirst()) {
      case "store" -> none(spec, args, new Saving.Store());
      case "exact" -> none(spec, args, new Saving.Exact());
      case "reversible" -> none(spec, args, new Saving.Reversible());
      case "recompute" -> new Saving.Recompute(whole(spec, args, "recompute:2", 2));
      case "segments" -> new Saving.Segments(whole(spec, args, "segments:10", 0));
      case "pooled" -> new Saving.Pooled(whole(spec, args, "pooled:2", 2));
      case "pooledq" -> new Saving.PooledQuantized(whole(spec, args, "pooledq:2", 2));
      case "pooledall" -> new Saving.PooledAll(whole(spec, args, "pooledall:2", 2));
      case "quantized" -> new Saving.Quantized(whole(spec, args, "quantized:8", 8));
      case "blocksparse" -> blocks(spec, args);
      case "budget" -> budget(spec, args);
      default ->
          throw new IllegalArgumentException(
              "unknown saving policy '" + spec + "'; there are: " + NAMES);
    };
  }

  private static Saving none(String spec, List<String> args, Saving s) {
    if (!args.isEmpty()) {
      throw new IllegalArgumentException(
          s.spec() + " takes no argument, found '" + spec + "'; write " + s.spec());
    }
    return s;
  }

  private static int whole(String spec, List<String> args, String example, int otherwise) {
    if (args.isEmpty()) {
      return otherwise;
    }
    if (args.size() > 1 || !args.getFirst().matches("[0-9]{1,6}")) {
      throw new IllegalArgumentException(
          "expected one whole number, found '" + spec + "'; for example " + example);
    }
    return Integer.parseInt(args.getFirst());
  }

  private static Saving blocks(String spec, List<String> args) {
    if (args.size() > 2
        || (args.size() > 0 && !args.get(0).matches("[0-9]{1,6}"))
        || (args.size() > 1 && !args.get(1).matches("0|0?\\.[0-9]+"))) {
      throw new IllegalArgumentException(
          "expected a block size and a sparsity from 0 to below 1, found '"
              + spec
              + "'; for example blocksparse:16:0.5");
    }
    return new Saving.BlockSparse(
        args.isEmpty() ? 16 : Integer.parseInt(args.get(0)),
        args.size() < 2 ? 0.5 : Double.parseDouble(args.get(1)));
  }

  private static Saving budget(String spec, List<String> args) {
    boolean lossy = args.size() == 2 && args.get(1).equals("lossy");
    if (args.isEmpty() || args.size() > (lossy ? 2 : 1)) {
      throw new IllegalArgumentException(
          "expected a number of bytes, found '" + spec + "'; for example budget:96MiB");
    }
    return new Saving.Budget(bytes(args.getFirst()), lossy);
  }

  /// Bytes with their unit: `4096B`, `12KiB`, `96MiB`, `2GiB`.
  private static long bytes(String text) {
    String unit = text.replaceFirst("^[0-9]+", "");
    String digits = text.substring(0, text.length() - unit.length());
    int shift =
        switch (unit) {
          case "B" -> 0;
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> -1;
        };
    if (shift < 0 || digits.isEmpty() || digits.length() > 13) {
      throw new IllegalArgumentException(
          "expected bytes such as 4096B, 12KiB, 96MiB or 2GiB, found '" + text + "'");
    }
    return Math.multiplyExact(Long.parseLong(digits), 1L << shift);
  }
}
