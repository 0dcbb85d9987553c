package dev.retrograde.lab.task;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.load.Augmentation;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Summary;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import dev.retrograde.train.Material;
import dev.retrograde.train.Training;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is held fixed while backward passes are compared: model, data, and how to train.
///
/// @param name of the model, as its user wrote it
/// @param model the network, from what the data gives it to logits
/// @param data train and test part
/// @param batch samples a step, at least 1
/// @param epochs passes over the training part, at least 1
/// @param optimizer with the learning rate that the schedule multiplies
/// @param schedule of the learning rate
/// @param augmentations of training images
public record Task(
    String name,
    Layer model,
    Material data,
    int batch,
    int epochs,
    Optimizer optimizer,
    Schedule schedule,
    List<Augmentation> augmentations) {

  public Task {
    augmentations = List.copyOf(augmentations);
    if (batch < 1 || epochs < 1) {
      throw new IllegalArgumentException(
          "batch and epochs must be at least 1, found " + batch + " and " + epochs);
    }
  }

  /// A task over pictures, which are brought to mean 0 and deviation 1.
  public Task(
      String name,
      Layer model,
      DataSet data,
      int batch,
      int epochs,
      Optimizer optimizer,
      Schedule schedule,
      List<Augmentation> augmentations) {
    this(name, model, Material.of(data, null), batch, epochs, optimizer, schedule, augmentations);
  }

  /// The type of a batch of `count` samples.
  public Type input(int count) {
    return data.input(count);
  }

  /// Samples to learn from.
  public int trainSize() {
    return data.train(batch).size();
  }

  /// Samples to judge by.
  public int testSize() {
    return data.test(batch).size();
  }

  /// Layers, parameters and multiply-adds, counted in the traced model.
  public Summary summary() {
    return Summary.of(model, input(batch));
  }

  /// The paths of the layers, in order.
  public List<String> layers() {
    return summary().rows().stream().map(Summary.Row::path).filter(p -> !p.isEmpty()).toList();
  }

  /// Steps that the whole of training takes.
  public long steps() {
    return (long) epochs * ((trainSize() + batch - 1) / batch);
  }

  /// A run of this task at its start; the caller closes it.
  ///
  /// @param saving what becomes of forward values that backward reads
  /// @param seed decides all that is drawn
  public Training training(Saving saving, long seed, Target target, Target.Options options) {
    return Training.of(name, model)
        .data(data)
        .batch(batch)
        .seed(seed)
        .epochs(epochs)
        .update(optimizer, schedule)
        .augment(augmentations.toArray(Augmentation[]::new))
        .backward(saving)
        .target(target, options)
        .start();
  }

  /// What a record says of the task.
  public Map<String, Object> settings() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", name);
    all.put("data", data.name());
    all.put("train_samples", trainSize());
    all.put("test_samples", testSize());
    all.put("data_fingerprint", "%016x".formatted(data.fingerprint()));
    all.put("batch", batch);
    all.put("epochs", epochs);
    all.put("optimizer", optimizer.spec());
    all.put("schedule", schedule.spec());
    all.put(
        "augment",
        augmentations.isEmpty()
            ? "none"
            : augmentations.stream()
                .map(Augmentation::name)
                .reduce((a, b) -> a + "+" + b)
                .orElse(""));
    return all;
  }
}
