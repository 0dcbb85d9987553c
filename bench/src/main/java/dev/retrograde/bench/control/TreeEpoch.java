package dev.retrograde.bench.control;

import dev.retrograde.bench.timing.Side;
import java.util.Map;

/// One pass over the trees from first weights: what is timed.
///
/// @param side borrowed
/// @param work the trees
/// @param first values of all parameters
public record TreeEpoch(TreeSide side, TreeWork work, Map<String, float[]> first) implements Side {
  @Override
  public void prepare() {
    side.restart(first);
  }

  @Override
  public void run() {
    for (TreeWork.Item item : work.trees()) {
      side.step(item);
    }
  }

  /// Losses of the first `count` trees, trained one after another from first weights.
  public float[] losses(int count) {
    side.restart(first);
    float[] losses = new float[Math.min(count, work.trees().size())];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = side.step(work.trees().get(i));
    }
    return losses;
  }
}
