package dev.retrograde.lab.backward;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Glob;
import java.util.List;
import java.util.Optional;

/// One choice of a run, for all layers or for those that a pattern names.
///
/// @param layers which layers are meant; empty: all
/// @param choice what is chosen
/// @param given its arguments as written; those left out take their defaults
public record Part(Optional<Glob> layers, Choice choice, List<String> given) {
  public Part {
    given = List.copyOf(given);
  }

  /// The axis that the part stands on.
  public Axis axis() {
    return choice.axis(given);
  }

  /// The value of an argument, given or default.
  public String argument(int index) {
    return index < given.size() ? given.get(index) : choice.arguments().get(index).fallback();
  }

  /// Whether the pattern names this layer, or something that it lies in.
  boolean covers(String path) {
    if (layers.isEmpty()) {
      return true;
    }
    for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (layers.get().matches(path.substring(0, end))) {
        return true;
      }
    }
    return layers.get().matches("");
  }

  /// The engine's policy; empty for a part on another axis.
  Optional<Saving> saving() {
    if (axis() != Axis.SAVING) {
      return Optional.empty();
    }
    return switch (choice) {
      case STORE -> Optional.of(new Saving.Store());
      case RECOMPUTE ->
          Optional.of(
              argument(0).equals("cheap") ? new Saving.Exact() : new Saving.Recompute(whole(0)));
      case SEGMENTS -> Optional.of(new Saving.Segments(argument(0).equals("auto") ? 0 : whole(0)));
      case REVERSIBLE -> Optional.of(new Saving.Reversible());
      case EXACT -> Optional.of(new Saving.Exact());
      case POOLED -> Optional.of(new Saving.Pooled(whole(0)));
      case POOLEDQ -> Optional.of(new Saving.PooledQuantized(whole(0)));
      case POOLEDALL -> Optional.of(new Saving.PooledAll(whole(0)));
      case QUANTIZED -> Optional.of(new Saving.Quantized(whole(0)));
      case BLOCKSPARSE ->
          Optional.of(new Saving.BlockSparse(whole(0), Double.parseDouble(argument(1))));
      case BUDGET -> Optional.of(new Saving.Budget(bytes(), argument(1).equals("lossy")));
      case DENSE, TINYPROP, TOPK, UNIFIED, CHANNELS, SKIP -> Optional.empty();
    };
  }

  private int whole(int index) {
    return Integer.parseInt(argument(index));
  }

  private long bytes() {
    String text = argument(0);
    String digits = text.replaceFirst("[A-Za-z]+$", "");
    int shift =
        switch (text.substring(digits.length())) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    return Long.parseLong(digits) << shift;
  }

  /// Without the pattern: `recompute:4`.
  public String choiceText() {
    return given.isEmpty() ? choice.text() : choice.text() + ":" + String.join(":", given);
  }

  @Override
  public String toString() {
    return layers.map(g -> g + "=").orElse("") + choiceText();
  }
}
