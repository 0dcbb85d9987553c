package dev.retrograde.lab.backward;

import dev.retrograde.choice.Saving;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// One way to go backward: one row of a comparison.
///
/// @param parts at least one, in the order written
public record BackwardRun(List<Part> parts) {
  /// What every run is compared with.
  public static final BackwardRun STORE =
      new BackwardRun(List.of(new Part(Optional.empty(), Choice.STORE, List.of())));

  public BackwardRun {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a run has at least one part; write store for none");
    }
  }

  /// The part that decides about a layer on an axis: the last one that covers it. Empty where the
  /// axis keeps its plain meaning.
  public Optional<Part> deciding(Axis axis, String layer) {
    return parts.stream()
        .filter(p -> p.axis() == axis && p.covers(layer))
        .reduce((earlier, later) -> later);
  }

  /// Why this version cannot train this run on these layers; empty if it can.
  public Optional<String> refusal(Collection<String> layers) {
    for (Part p : parts) {
      if (!p.choice().available()) {
        return Optional.of("%s is not available in this version".formatted(p.choice().text()));
      }
      if (p.choice() == Choice.RECOMPUTE && p.argument(0).equals("cheap")) {
        return Optional.of("recompute:cheap is not available in this version; recompute:2 is");
      }
    }
    List<String> savings = layers.stream().map(this::savingText).distinct().sorted().toList();
    return savings.size() <= 1
        ? Optional.empty()
        : Optional.of(
            "saving that differs between layers (%s) is not available in this version"
                .formatted(String.join(" and ", savings)));
  }

  /// The engine's saving policy. Only for runs without a [#refusal].
  public Saving saving(Collection<String> layers) {
    return Saving.parse(layers.stream().findFirst().map(this::savingText).orElse("store"));
  }

  private String savingText(String layer) {
    return deciding(Axis.SAVING, layer).map(Part::choiceText).orElse("store");
  }

  @Override
  public String toString() {
    return parts.stream().map(Part::toString).collect(Collectors.joining("+"));
  }
}
