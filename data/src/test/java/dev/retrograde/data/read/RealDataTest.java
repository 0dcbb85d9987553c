package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.load.Normalization;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RealDataTest {

  private static Path need(String name) {
    Optional<Path> found = DataHome.find(name);
    assumeTrue(found.isPresent(), () -> DataHome.cure(name));
    return found.orElseThrow();
  }

  @Test
  void mnistIsWhatItIsKnownToBe() {
    DataSet mnist = DataSets.open(need("mnist"));
    assertThat(mnist.train().size()).isEqualTo(60_000);
    assertThat(mnist.test().size()).isEqualTo(10_000);
    int[] first = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
    for (int i = 0; i < first.length; i++) {
      assertThat(mnist.train().label(i)).isEqualTo(first[i]);
    }
    Normalization values = Normalization.of(mnist.train());
    assertThat(values.mean().getFirst()).isCloseTo(0.1307, within(5e-5));
    assertThat(values.deviation().getFirst()).isCloseTo(0.3081, within(5e-5));
  }

  @Test
  void cifar10IsWhatItIsKnownToBe() {
    DataSet cifar = DataSets.open(need("cifar10"));
    assertThat(cifar.notes()).isEmpty();
    assertThat(cifar.train().size()).isEqualTo(50_000);
    assertThat(cifar.test().size()).isEqualTo(10_000);
    assertThat(cifar.train().label(0)).isEqualTo(6);
    assertThat(cifar.train().pixel(0, 0, 0, 0)).isEqualTo(59);
    assertThat(cifar.train().pixel(0, 0, 0, 1)).isEqualTo(62);
    assertThat(cifar.train().pixel(0, 0, 0, 2)).isEqualTo(63);
    Normalization values = Normalization.of(cifar.train());
    double[] mean = {0.4914, 0.4822, 0.4465};
    double[] deviation = {0.2470, 0.2435, 0.2616};
    for (int c = 0; c < 3; c++) {
      assertThat(values.mean().get(c)).isCloseTo(mean[c], within(1e-4));
      assertThat(values.deviation().get(c)).isCloseTo(deviation[c], within(1e-4));
    }
  }

  @Test
  void theListedRecordsOfCifar10CanBeLeftOut() {
    ReadOptions options = ReadOptions.ALL.withoutSubstituted().limitedTo(6_000);
    DataSet cifar = DataSets.open(need("cifar10"), options);
    assertThat(cifar.train().size()).isEqualTo(6_000);
    assertThat(cifar.train().id(4_298)).isEqualTo(4_299);
    assertThat(cifar.train().id(5_999)).isEqualTo(6_001);
  }
}
