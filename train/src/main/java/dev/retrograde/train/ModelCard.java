package dev.retrograde.train;

import dev.retrograde.data.ImageShape;
import dev.retrograde.data.load.Normalization;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import java.util.List;

/// What a saved model is besides its numbers: `model.json` of a model folder.
///
/// @param model spec of the zoo, or the name of an own model
/// @param input what the model takes
/// @param classNames one a logit
/// @param seed of the run
/// @param settings how it was trained; for the record only
public record ModelCard(
    String model, Input input, List<String> classNames, long seed, Settings settings) {
  public ModelCard {
    classNames = List.copyOf(classNames);
  }

  /// What a model takes.
  public sealed interface Input {
    /// The objective that the model was trained for.
    Objective objective(Layer model, Loss loss);

    /// How many codes there are where inputs are codes, else 0.
    default int symbols() {
      return 0;
    }
  }

  /// Pictures.
  ///
  /// @param shape of one
  /// @param normalization how bytes became numbers in training
  public record Images(ImageShape shape, Normalization normalization) implements Input {
    @Override
    public Objective objective(Layer model, Loss loss) {
      List<Integer> sample = List.of(shape.height(), shape.width(), shape.channels());
      return new Classification(model, loss, sample);
    }
  }

  /// Pieces of text; the symbols are the classes.
  ///
  /// @param length symbols of a piece
  public record Text(int length) implements Input {
    @Override
    public Objective objective(Layer model, Loss loss) {
      return new NextSymbol(model, loss, length);
    }
  }

  /// Trees with words at their leaves.
  ///
  /// @param room nodes that there is room for
  /// @param symbols codes of words
  public record Trees(int room, int symbols) implements Input {
    @Override
    public Objective objective(Layer model, Loss loss) {
      return new TreeLabels(model, loss, room);
    }
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
