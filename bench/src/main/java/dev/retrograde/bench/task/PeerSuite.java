package dev.retrograde.bench.task;

import dev.retrograde.bench.timing.Goal;
import java.util.List;

/// The rows of `bench --suite peers`.
public final class PeerSuite {
  /// One row to measure.
  ///
  /// @param task the training step
  /// @param batch samples a step, or 0 where the task has no batch
  /// @param goal what the ratio must reach
  public record Entry(PeerTask task, int batch, Goal goal) {}

  private PeerSuite() {}

  /// The update of the suite: learning rate 0.01, momentum 0.9.
  ///
  /// Both sides round differently, and a network amplifies that. Over 20 steps of ResNet-20 two
  /// layouts of one engine were seen to drift apart by 1.3e-3 at a rate of 0.05, by 6e-4 at 0.01;
  /// at 0.05 a batch of one is also fitted to a loss of zero within four steps, which compares
  /// nothing.
  public static Sgd update() {
    return new Sgd(0.01f, 0.9f);
  }

  /// The task of this name with the suite's update: those of the suite, and `resnet18`, which is
  /// measured for its memory.
  public static PeerTask task(String name) {
    Resnet18 large = new Resnet18(update());
    return large.name().equals(name)
        ? large
        : entries(update()).stream()
            .map(Entry::task)
            .filter(task -> task.name().equals(name))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("Peer task: no task is called '" + name + "'"));
  }

  /// All rows with the update `sgd`.
  public static List<Entry> entries(Sgd sgd) {
    return List.of(
        new Entry(Mlp.standard(sgd), 1, new Goal(2, 4)),
        new Entry(Mlp.standard(sgd), 16, new Goal(1.3, 2)),
        new Entry(Mlp.standard(sgd), 64, new Goal(1.1, 1.5)),
        new Entry(Mlp.standard(sgd), 256, new Goal(1, 1.2)),
        new Entry(new Lenet(sgd), 1, new Goal(3, 8)),
        new Entry(new Lenet(sgd), 64, new Goal(1.5, 2.5)),
        new Entry(ResidualStage.standard(sgd), 64, new Goal(1.5, 2.5)),
        new Entry(Resnet.twenty(sgd), 100, new Goal(1.4, 2)),
        new Entry(Elementwise.standard(), 0, new Goal(3, 6)));
  }
}
