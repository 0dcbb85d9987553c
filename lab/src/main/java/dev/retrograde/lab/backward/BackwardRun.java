package dev.retrograde.lab.backward;

import dev.retrograde.choice.Saving;
import java.util.ArrayList;
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

  /// Why this version cannot train this run, whatever the model; empty if it can.
  public Optional<String> refusal() {
    for (Part p : parts) {
      if (!p.choice().available(p.given())) {
        return Optional.of("%s is not available in this version".formatted(p.choice().text()));
      }
    }
    List<Part> savings = effective();
    boolean budget = savings.stream().anyMatch(BackwardRun::budget);
    if (budget && savings.size() > 1) {
      return Optional.of(
          "a budget decides for all layers and takes no other saving part beside it; write it"
              + " alone, without a pattern");
    }
    return budget && savings.getFirst().layers().isPresent()
        ? Optional.of("a budget decides for all layers; write it without a pattern")
        : Optional.empty();
  }

  /// The engine's saving policy: the last part without a pattern for all layers, and those behind
  /// it for their own. Only for runs without a [#refusal].
  public Saving saving() {
    Saving otherwise = new Saving.Store();
    List<Saving.Selection> selections = new ArrayList<>();
    for (Part p : effective()) {
      Saving saving = p.saving().orElseThrow();
      if (p.layers().isEmpty()) {
        otherwise = saving;
      } else {
        selections.add(new Saving.Selection(p.layers().get(), saving));
      }
    }
    return selections.isEmpty() ? otherwise : new Saving.ByLayer(otherwise, selections);
  }

  /// The parts about saving, from the last one that is about all layers.
  private List<Part> effective() {
    List<Part> out = new ArrayList<>();
    for (Part p : parts) {
      if (p.axis() == Axis.SAVING) {
        if (p.layers().isEmpty()) {
          out.clear();
        }
        out.add(p);
      }
    }
    return out;
  }

  private static boolean budget(Part p) {
    return p.choice() == Choice.BUDGET;
  }

  @Override
  public String toString() {
    return parts.stream().map(Part::toString).collect(Collectors.joining("+"));
  }
}
