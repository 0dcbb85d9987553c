package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Resnet;
import dev.retrograde.bench.task.Resnet18;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// The networks of [Resnet] and [Resnet18]: stem, blocks, mean of each channel, dense layer.
final class ResnetModel implements TorchModel {
  private static final int ROWS = 2;
  private static final int COLUMNS = 3;

  private final Tensor stemFilter;
  private final TensorOptional noBias;
  private final BatchNorm stemNorm;
  private final List<ResidualBlock> blocks;
  private final Tensor weight;
  private final TensorOptional bias;

  private ResnetModel(TorchParameters parameters, List<ResidualBlock> blocks) {
    this.stemFilter = parameters.tensor("stem.conv.filter");
    this.noBias = parameters.absent();
    this.stemNorm = new BatchNorm(parameters, "stem.norm");
    this.blocks = List.copyOf(blocks);
    this.weight = parameters.tensor("dense.weight");
    this.bias = parameters.optional("dense.bias");
  }

  static ResnetModel of(Resnet resnet, TorchParameters parameters) {
    List<ResidualBlock> blocks = new ArrayList<>();
    for (int stage = 0; stage < 3; stage++) {
      for (int block = 1; block <= resnet.blocksPerStage(); block++) {
        boolean halves = stage > 0 && block == 1;
        blocks.add(
            new ResidualBlock(
                parameters,
                "stage" + (stage + 1) + ".block" + block,
                halves ? 2 : 1,
                halves ? halving(resnet.padding(), stage) : Shortcut.identity()));
      }
    }
    return new ResnetModel(parameters, blocks);
  }

  static ResnetModel eighteen(TorchParameters parameters) {
    List<ResidualBlock> blocks = new ArrayList<>();
    for (int stage = 0; stage < Resnet18.STAGES; stage++) {
      for (int block = 0; block < Resnet18.BLOCKS; block++) {
        String name = Resnet18.block(stage, block);
        boolean halves = Resnet18.halves(stage, block);
        blocks.add(
            new ResidualBlock(
                parameters,
                name,
                halves ? 2 : 1,
                halves ? new Projection(parameters, name + ".shortcut") : Shortcut.identity()));
      }
    }
    return new ResnetModel(parameters, blocks);
  }

  /// The shortcut into `stage`: every second pixel, new channels zero.
  private static Shortcut halving(Resnet.ChannelPadding padding, int stage) {
    long added = Resnet.channels(stage) - Resnet.channels(stage - 1);
    long before =
        switch (padding) {
          case BEHIND -> 0;
          case BOTH_SIDES -> added / 2;
        };
    long[] pads = {0, 0, 0, 0, before, added - before};
    return x ->
        torch.constant_pad_nd(
            Projection.everySecond(Projection.everySecond(x, ROWS), COLUMNS), pads);
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor image = stemNorm.apply(ResidualBlock.conv3(x, stemFilter, noBias, 1, 1)).relu_();
    for (ResidualBlock block : blocks) {
      image = block.apply(image);
    }
    Tensor features = torch.adaptive_avg_pool2d(image, 1, 1).flatten(1, -1);
    return torch.cross_entropy_loss(torch.linear(features, weight, bias), labels);
  }

  @Override
  public void close() {
    stemNorm.close();
    blocks.forEach(ResidualBlock::close);
  }
}
