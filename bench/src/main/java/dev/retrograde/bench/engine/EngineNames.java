package dev.retrograde.bench.engine;

import dev.retrograde.bench.task.Elementwise;
import dev.retrograde.bench.task.Lenet;
import dev.retrograde.bench.task.Mlp;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.ResidualStage;
import dev.retrograde.bench.task.Resnet;
import dev.retrograde.bench.task.Resnet18;
import dev.retrograde.bench.task.SmallCnn;

/// What the zoo calls the parameters of a task.
///
/// The zoo counts blocks from 0, calls dense layers `fc`, batch norms `bn`, and every factor
/// `weight`, every addend `bias`; its stage of blocks alone is `stage1`.
final class EngineNames {
  private EngineNames() {}

  /// The zoo's name of the task's parameter `name`.
  static String of(PeerTask task, String name) {
    return switch (task) {
      case Elementwise _ -> name;
      case Mlp _ -> renamed(name);
      case Lenet _ -> renamed(name);
      case SmallCnn _ -> renamed(name);
      case Resnet _ -> renamed(name);
      case Resnet18 _ -> renamed(name);
      case ResidualStage _ -> "stage1." + renamed(name);
    };
  }

  private static String renamed(String name) {
    String[] segments = name.split("\\.");
    for (int i = 0; i < segments.length; i++) {
      segments[i] = segment(segments[i]);
    }
    return String.join(".", segments);
  }

  private static String segment(String word) {
    return switch (word) {
      case "filter", "scale" -> "weight";
      case "shift" -> "bias";
      default -> {
        if (word.startsWith("block")) {
          yield "block" + (Integer.parseInt(word.substring("block".length())) - 1);
        }
        yield word.replace("dense", "fc").replace("norm", "bn");
      }
    };
  }
}
