package dev.retrograde.train;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.load.Augmentation;
import dev.retrograde.data.load.Normalization;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a run is to be; [#start] begins it. Made by [Training#of], changed by its methods, used by
/// one thread.
public final class Setup {
  final String model;
  final Function<Material, Layer> layer;
  @Nullable DataSet images;
  @Nullable Material material;
  int batch = 64;
  long seed = 1;
  Loss loss = Losses.crossEntropy();
  Optimizer optimizer = Optimizers.sgd(0.1).momentum(0.9);
  Schedule schedule = Schedule.constant();
  Saving saving = new Saving.Store();
  Target target = new InterpTarget();
  Target.Options options = Target.Options.DEFAULT;
  int epochs = 1;
  boolean validate = true;
  List<Augmentation> augmentations = List.of();
  @Nullable Normalization normalization;
  final List<Progress> listeners = new ArrayList<>();

  Setup(String model, Function<Material, Layer> layer) {
    this.model = model;
    this.layer = layer;
  }

  /// Pictures to train on and judge by. Data is the only thing without a default.
  public Setup data(DataSet set) {
    images = set;
    material = null;
    return this;
  }

  /// What to train on and judge by, of whatever kind.
  public Setup data(Material m) {
    material = m;
    images = null;
    return this;
  }

  /// Samples a step, at least 1; 64. The last batch of an epoch may be shorter.
  public Setup batch(int samples) {
    if (samples < 1) {
      throw new IllegalArgumentException("batch: at least 1 sample, found " + samples);
    }
    batch = samples;
    return this;
  }

  /// Decides initial weights, order of samples, augmentation and dropout; 1.
  public Setup seed(long s) {
    seed = s;
    return this;
  }

  /// Cross-entropy unless told otherwise.
  public Setup loss(Loss l) {
    loss = l;
    return this;
  }

  /// Gradient descent of rate 0.1 with momentum 0.9 unless told otherwise.
  public Setup update(Optimizer o) {
    optimizer = o;
    return this;
  }

  public Setup update(Optimizer o, Schedule s) {
    optimizer = o;
    schedule = s;
    return this;
  }

  /// What becomes of forward values that backward reads; all are stored unless told otherwise.
  public Setup backward(Saving s) {
    saving = s;
    return this;
  }

  /// What compiles and runs the programs; the interpreter unless told otherwise.
  public Setup target(Target t) {
    return target(t, options);
  }

  public Setup target(Target t, Target.Options o) {
    target = t;
    options = o;
    return this;
  }

  /// Epochs that the run is planned to have, at least 1: schedules run over this length; 1.
  public Setup epochs(int planned) {
    if (planned < 1) {
      throw new IllegalArgumentException("epochs: at least 1, found " + planned);
    }
    epochs = planned;
    return this;
  }

  /// Whether the test part is evaluated after each epoch; it is unless told otherwise.
  public Setup validate(boolean each) {
    validate = each;
    return this;
  }

  /// Random changes to training images, in this order.
  public Setup augment(Augmentation... steps) {
    augmentations = List.of(steps);
    return this;
  }

  /// How bytes of pictures become numbers; mean 0 and deviation 1 over the training part unless
  /// told otherwise.
  public Setup normalize(Normalization n) {
    normalization = n;
    return this;
  }

  public Setup listen(Progress p) {
    listeners.add(p);
    return this;
  }

  /// Traces the programs, makes and initialises the state, opens the data. The run belongs to the
  /// calling thread and wants to be closed.
  ///
  /// @throws dev.retrograde.ir.ShapeException if the model does not take the data
  public Training start() {
    if (material != null) {
      return new Training(this, material);
    }
    if (images == null) {
      throw new IllegalStateException("a run needs data; call data(...) before start()");
    }
    return new Training(this, Material.of(images, normalization));
  }
}
