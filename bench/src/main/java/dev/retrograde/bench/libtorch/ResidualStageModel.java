package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.ResidualStage;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// The blocks of [ResidualStage].
final class ResidualStageModel implements TorchModel {
  private final List<ResidualBlock> blocks = new ArrayList<>();

  ResidualStageModel(ResidualStage stage, TorchParameters parameters) {
    for (int block = 1; block <= stage.blocks(); block++) {
      blocks.add(new ResidualBlock(parameters, "block" + block, 1, Shortcut.identity()));
    }
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor image = x;
    for (ResidualBlock block : blocks) {
      image = block.apply(image);
    }
    return image.square().mean();
  }

  @Override
  public void close() {
    blocks.forEach(ResidualBlock::close);
  }
}
