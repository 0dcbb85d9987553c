package dev.retrograde.nn.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Summary;
import dev.retrograde.scalar.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZooTest {
  private static final Type MNIST = Type.of(DType.F32, 1, 28, 28, 1);
  private static final Type CIFAR = Type.of(DType.F32, 1, 32, 32, 3);

  @ParameterizedTest
  @CsvSource({
    "mlp, 10, 648010",
    "'mlp:256,128', 10, 235146",
    "lenet, 10, 44426",
  })
  void networksForMnistHaveTheirCounts(String spec, int classes, long parameters) {
    assertThat(Summary.of(Zoo.of(spec, classes), MNIST).parameters()).isEqualTo(parameters);
  }

  /// Counts of lantern.md, 3.1.
  @ParameterizedTest
  @CsvSource({
    "char-rnn, 26, 5176",
    "char-lstm, 26, 16726",
    "char-lstm:128, 65, 107713",
  })
  void networksOfCharactersHaveTheSpecifiedCounts(String spec, int characters, long parameters) {
    Summary s = Summary.of(Zoo.of(spec, characters), Type.of(DType.I32, 20, 20));
    assertThat(s.parameters()).isEqualTo(parameters);
    assertThat(s.rows().getLast().output()).isEqualTo(Type.of(DType.F32, 20, 20, characters));
  }

  /// Counts of the reference's configurations: revnet.md, 1.5 and R1. The residual networks of 32
  /// and 110 layers have them in the post-activation form too: its norms are wider where channels
  /// change, and it has none behind the last stage.
  @ParameterizedTest
  @CsvSource({
    "resnet20, 10, 269722",
    "resnet32, 10, 464154",
    "resnet32, 100, 470004",
    "resnet110, 10, 1727962",
    "resnet110, 100, 1733812",
    "resnet:56, 10, 853018",
    "resnet164, 10, 1703258",
    "resnet164, 100, 1726388",
    "revnet38, 10, 464890",
    "revnet38, 100, 475060",
    "revnet38:exact, 10, 464890",
    "revnet110, 10, 1729194",
    "revnet110, 100, 1740804",
    "revnet164, 10, 1748778",
    "revnet164, 100, 1794948",
    "resnet18, 10, 11173962",
    "resnet50, 10, 23520842",
  })
  void residualNetworksHaveThePublishedCounts(String spec, int classes, long parameters) {
    Summary s = Summary.of(Zoo.of(spec, classes), CIFAR);
    assertThat(s.parameters()).isEqualTo(parameters);
    assertThat(s.rows().getLast().output()).isEqualTo(Type.of(DType.F32, 1, classes));
  }

  @Test
  void namesAreDottedPaths() {
    assertThat(Summary.of(Zoo.of("resnet20", 10), CIFAR).entries())
        .extracting(StateEntry::name)
        .contains(
            "stem.conv.weight",
            "stem.bn.running_var",
            "stage1.block0.conv1.weight",
            "stage2.block0.bn2.bias",
            "stage3.block2.conv2.weight",
            "fc.weight",
            "fc.bias")
        .noneMatch(n -> n.contains("shortcut"));
    assertThat(Summary.of(Zoo.of("lenet", 10), MNIST).entries())
        .extracting(StateEntry::name)
        .containsExactly(
            "conv1.weight",
            "conv1.bias",
            "conv2.weight",
            "conv2.bias",
            "fc1.weight",
            "fc1.bias",
            "fc2.weight",
            "fc2.bias",
            "fc3.weight",
            "fc3.bias");
  }

  @Test
  void theTableNamesLayersShapesAndSums() {
    Summary s = Summary.of(Zoo.of("lenet", 10), MNIST);
    assertThat(s.macs()).isEqualTo(24 * 24 * 150 + 64 * 2400 + 256 * 120 + 120 * 84 + 840 * 1);
    assertThat(s.table().lines())
        .anyMatch(l -> l.matches("conv1 +f32\\[1,24,24,6] +156 +86,400"))
        .anyMatch(l -> l.matches("pool2 +f32\\[1,4,4,16] +- +-"))
        .anyMatch(l -> l.matches("total +44,426 +281,640"));
  }

  @Test
  void wrongNamesSayWhatThereIs() {
    assertThatThrownBy(() -> Zoo.of("vgg", 10))
        .hasMessageContaining("'vgg'")
        .hasMessageContaining("resnet20");
    assertThatThrownBy(() -> Zoo.of("mlp:12,x", 10)).hasMessageContaining("found 'x'");
    assertThatThrownBy(() -> Zoo.of("resnet:21", 10)).hasMessageContaining("6 n + 2");
  }
}
