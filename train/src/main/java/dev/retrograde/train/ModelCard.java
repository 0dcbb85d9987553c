package dev.retrograde.train;

import dev.retrograde.data.ImageShape;
import dev.retrograde.data.load.Normalization;
import java.util.List;

/// What a saved model is besides its numbers: `model.json` of a model folder.
///
/// @param model spec of the zoo, or the name of an own model
/// @param shape of one image
/// @param classNames one a logit
/// @param normalization how bytes became numbers in training
/// @param seed of the run
/// @param settings how it was trained; for the record only
public record ModelCard(
    String model,
    ImageShape shape,
    List<String> classNames,
    Normalization normalization,
    long seed,
    Settings settings) {
  public ModelCard {
    classNames = List.copyOf(classNames);
  }

  /// How a model was trained.
  public record Settings(
      String data,
      String loss,
      String optimizer,
      String schedule,
      String backward,
      String target,
      int batch,
      int epochs,
      long steps,
      List<String> augmentations) {
    public Settings {
      augmentations = List.copyOf(augmentations);
    }
  }
}
