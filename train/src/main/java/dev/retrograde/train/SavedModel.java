package dev.retrograde.train;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.load.ImageSource;
import dev.retrograde.data.load.LoaderSettings;
import dev.retrograde.data.load.SampleSource;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Path;

/// A model read from its folder, ready to predict; gives the same bits as the one that was saved.
///
/// Owns its state and executables; [#close] frees them. Belongs to the thread that opened it.
public final class SavedModel implements AutoCloseable {
  private final ModelCard card;
  private final Plan plan;
  private final StateStore state;
  private final Target target;
  private final Target.Options options;
  private final Evaluator evaluator;

  private SavedModel(
      ModelCard card, Plan plan, StateStore state, Target target, Target.Options options) {
    this.card = card;
    this.plan = plan;
    this.state = state;
    this.target = target;
    this.options = options;
    this.evaluator = new Evaluator(plan, state, target, options);
  }

  /// Opens a model of the zoo.
  ///
  /// @throws ModelException if the folder is missing, damaged, or not of a model of the zoo
  public static SavedModel open(Path folder, Target target, Target.Options options)
      throws IOException {
    ModelCard card = ModelFolder.card(folder);
    Layer model;
    try {
      model = Zoo.of(card.model(), card.classNames().size(), card.input().symbols());
    } catch (IllegalArgumentException e) {
      throw new ModelException(
          folder.resolve(ModelFolder.CARD),
          "a model of the zoo",
          "'" + card.model() + "'",
          "Open it with the layer that it was trained as.",
          e);
    }
    return open(folder, model, target, options);
  }

  /// Opens a model that was trained as this layer.
  public static SavedModel open(Path folder, Layer model, Target target, Target.Options options)
      throws IOException {
    ModelCard card = ModelFolder.card(folder);
    Loss loss;
    try {
      loss = Losses.parse(card.settings().loss());
    } catch (IllegalArgumentException e) {
      throw new ModelException(
          folder.resolve(ModelFolder.CARD),
          "a loss that this version knows",
          "'" + card.settings().loss() + "'",
          "Open it with the version that wrote it.",
          e);
    }
    Objective objective = card.input().objective(model, loss);
    Plan plan = new Plan(objective, Optimizers.sgd(1), new Saving.Store());
    StateStore state = StateStore.of(card.seed(), plan.evaluate(1));
    try {
      ModelFolder.load(folder, state);
      return new SavedModel(card, plan, state, target, options);
    } catch (RuntimeException | IOException e) {
      state.close();
      throw e;
    }
  }

  public ModelCard card() {
    return card;
  }

  /// Its parameters and statistics.
  public StateStore state() {
    return state;
  }

  /// Loss and hits over a set of images of the model's shape.
  ///
  /// @throws IllegalArgumentException if the model takes something else
  public Evaluation evaluate(ImageSet set, int batch) {
    if (!(card.input() instanceof ModelCard.Images i) || !set.shape().equals(i.shape())) {
      throw new IllegalArgumentException(
          "the model takes "
              + card.input()
              + ", '"
              + set.name()
              + "' has images "
              + set.shape()
              + "; open the model that was trained on such images");
    }
    LoaderSettings settings = LoaderSettings.evaluation(batch).normalize(i.normalization());
    return evaluator.evaluate(new ImageSource(set), settings);
  }

  /// Loss and hits over samples of the model's kind.
  ///
  /// @param settings once through, in batches of the wanted size
  public Evaluation evaluate(SampleSource set, LoaderSettings settings) {
    return evaluator.evaluate(set, settings);
  }

  /// What writes text as the model predicts it; the caller closes it before the model.
  ///
  /// @throws IllegalArgumentException if the model is not one of text
  public TextSampler sampler() {
    return new TextSampler(plan, state, target, options);
  }

  @Override
  public void close() {
    evaluator.close();
    state.close();
  }
}
