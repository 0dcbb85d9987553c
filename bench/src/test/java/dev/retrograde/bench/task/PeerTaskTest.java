package dev.retrograde.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class PeerTaskTest {
  private static final Sgd SGD = new Sgd(0.05f, 0.9f);

  @Test
  void parameterCountsAreThePublishedOnes() {
    assertThat(Mlp.standard(SGD).parameterCount()).isEqualTo(648_010);
    assertThat(new Lenet(SGD).parameterCount()).isEqualTo(44_426);
    assertThat(Resnet.twenty(SGD).parameterCount()).isEqualTo(269_722);
    assertThat(new Resnet(5, Resnet.ChannelPadding.BEHIND, SGD).parameterCount())
        .isEqualTo(464_154);
    assertThat(new Resnet(18, Resnet.ChannelPadding.BEHIND, SGD).parameterCount())
        .isEqualTo(1_727_962);
    assertThat(new Resnet18(SGD).parameterCount()).isEqualTo(11_173_962);
    assertThat(ResidualStage.standard(SGD).parameterCount()).isEqualTo(10 * (16 * 16 * 9 + 32));
  }

  @Test
  void multiplyAddsCountTheFirstLayerTwiceAndTheOthersThreeTimes() {
    assertThat(Mlp.standard(SGD).multiplyAdds())
        .isEqualTo(2L * 784 * 500 + 3L * (500 * 500 + 500 * 10));
    assertThat(new Lenet(SGD).multiplyAdds())
        .isEqualTo(
            2L * 25 * 6 * 24 * 24 + 3L * (25 * 6 * 16 * 8 * 8 + 256 * 120 + 120 * 84 + 84 * 10));
  }

  @Test
  void resnet18HasThePublishedMultiplyAdds() {
    long stem = 3L * 64 * 9 * 32 * 32;
    assertThat(new Resnet18(SGD).multiplyAdds()).isEqualTo(3L * 555_422_720 - stem);
  }

  @Test
  void tasksAreFoundByName() {
    assertThat(PeerSuite.task("resnet18")).isInstanceOf(Resnet18.class);
    assertThat(PeerSuite.task("lenet")).isInstanceOf(Lenet.class);
    assertThatThrownBy(() -> PeerSuite.task("none")).hasMessageContaining("'none'");
  }

  @Test
  void namesAreThoseOfTheBenchTable() {
    assertThat(PeerSuite.entries(SGD).stream().map(row -> row.task().name()).distinct())
        .containsExactly("mlp", "lenet", "residual-stage", "resnet20", "elementwise");
  }

  @Test
  void parameterNamesAreUnique() {
    for (PeerSuite.Entry row : PeerSuite.entries(SGD)) {
      assertThat(row.task().parameters().stream().map(ParameterSpec::name)).doesNotHaveDuplicates();
    }
  }

  @Test
  void firstValuesRepeatAndStayWithinKaimingBounds() {
    Lenet task = new Lenet(SGD);
    Map<String, float[]> values = FirstValues.parameters(task, 3);
    assertThat(values.keySet())
        .containsExactlyElementsOf(task.parameters().stream().map(ParameterSpec::name).toList());
    float bound = (float) Math.sqrt(6.0 / 25);
    for (float value : values.get("conv1.filter")) {
      assertThat(value).isBetween(-bound, bound);
    }
    assertThat(values.get("conv1.bias")).containsOnly(0);
    assertThat(FirstValues.parameters(task, 3).get("dense3.weight"))
        .isEqualTo(values.get("dense3.weight"));
    assertThat(FirstValues.parameters(task, 4).get("dense3.weight"))
        .isNotEqualTo(values.get("dense3.weight"));
  }

  @Test
  void batchesHaveTheTasksSizes() {
    Batch batch = FirstValues.batch(Resnet.twenty(SGD), 5, 1);
    assertThat(batch.x()).hasSize(5 * 32 * 32 * 3);
    assertThat(batch.labels()).hasSize(5);
    for (int label : batch.labels()) {
      assertThat(label).isBetween(0, 9);
    }
    assertThat(FirstValues.batch(Elementwise.standard(), 0, 1).x()).isEmpty();
  }
}
