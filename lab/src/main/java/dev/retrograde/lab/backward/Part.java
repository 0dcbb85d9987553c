package dev.retrograde.lab.backward;

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

  boolean covers(String path) {
    return layers.isEmpty() || layers.get().matches(path);
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
