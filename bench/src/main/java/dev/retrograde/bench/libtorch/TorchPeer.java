package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.Contender;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.Sgd;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;

/// A training step on libtorch: zero the gradients, forward, backward, the optimiser's step.
///
/// Design note. Every handle made in a step is closed in it, and those of the forward pass before
/// the backward pass begins: libtorch then frees each activation as soon as its gradient is known,
/// as it does for a user whose locals have left the scope, and its memory stays flat.
/// [LibtorchSettings#prepare] belongs at the start of the program.
public final class TorchPeer implements Contender {
  private static final float UNUSED_RATE = 1;

  private final PeerTask task;
  private final int batch;
  private final TorchLayout layout;
  private final TorchThreads threads = new TorchThreads();
  private @Nullable Network network;
  private @Nullable Inputs inputs;

  /// What [#setParameters] builds.
  private record Network(TorchParameters parameters, TorchModel model, SGD optimizer)
      implements AutoCloseable {
    @Override
    public void close() {
      optimizer.close();
      model.close();
      parameters.close();
    }
  }

  private record Inputs(Tensor x, Tensor labels) implements AutoCloseable {
    @Override
    public void close() {
      x.close();
      labels.close();
    }
  }

  /// A peer for steps of `task` with `batch` samples (0 where the task has no batch), its images
  /// stored as `layout` says. The caller closes it.
  public TorchPeer(PeerTask task, int batch, TorchLayout layout) {
    this.task = task;
    this.batch = batch;
    this.layout = layout;
  }

  @Override
  public String name() {
    return "libtorch";
  }

  /// How this peer stores images.
  public TorchLayout layout() {
    return layout;
  }

  /// The processor for which libtorch's products are written, as OpenBLAS calls it.
  public String blasCore() {
    return threads.blasCore();
  }

  @Override
  public void setParameters(Map<String, float[]> values) {
    TorchParameters parameters = new TorchParameters(task, layout, values);
    if (network != null) {
      network.close();
    }
    network = new Network(parameters, TorchModel.of(task, parameters), optimizer(task, parameters));
  }

  private static SGD optimizer(PeerTask task, TorchParameters parameters) {
    Sgd sgd = task.update().orElse(new Sgd(UNUSED_RATE, 0));
    try (PointerScope _ = new PointerScope()) {
      TensorVector vector = parameters.vector();
      SGDOptions options = new SGDOptions(sgd.learningRate());
      options.momentum().put(sgd.momentum());
      SGD optimizer = new SGD(vector, options);
      optimizer.retainReference();
      return optimizer;
    }
  }

  @Override
  public Map<String, float[]> parameters() {
    return network().parameters().values();
  }

  /// The gradients of the last step, by name in the task's order, in our layout.
  public Map<String, float[]> gradients() {
    return network().parameters().gradients();
  }

  @Override
  public void setInputs(Batch values) {
    int expected = Math.multiplyExact(batch, task.sampleSize());
    int labels = task.classes() == 0 ? 0 : batch;
    if (values.x().length != expected || values.labels().length != labels) {
      throw new IllegalArgumentException(
          "Task '%s', batch %d: expected %d inputs and %d labels, found %d and %d; %s"
              .formatted(
                  task.name(),
                  batch,
                  expected,
                  labels,
                  values.x().length,
                  values.labels().length,
                  "draw the batch for this task and size"));
    }
    if (inputs != null) {
      inputs.close();
    }
    inputs =
        new Inputs(
            layout.input(values.x(), task.sampleShape(), batch),
            TorchLayout.labels(values.labels()));
  }

  @Override
  public void threads(int count) {
    threads.set(count);
  }

  @Override
  public float step() {
    Network now = network();
    if (inputs == null) {
      throw new IllegalStateException(
          "Task '" + task.name() + "': step without a batch; call setInputs first");
    }
    now.optimizer().zero_grad();
    try (Tensor loss = forward(now.model(), inputs)) {
      loss.backward();
      if (task.update().isPresent()) {
        try (Tensor _ = now.optimizer().step()) {
          return loss.item_float();
        }
      }
      return loss.item_float();
    }
  }

  private static Tensor forward(TorchModel model, Inputs inputs) {
    try (PointerScope _ = new PointerScope()) {
      Tensor loss = model.loss(inputs.x(), inputs.labels());
      loss.retainReference();
      return loss;
    }
  }

  private Network network() {
    if (network == null) {
      throw new IllegalStateException(
          "Task '" + task.name() + "': no parameters yet; call setParameters first");
    }
    return network;
  }

  @Override
  public void close() {
    if (inputs != null) {
      inputs.close();
      inputs = null;
    }
    if (network != null) {
      network.close();
      network = null;
    }
  }
}
