package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every example of the README runs, is shown there word for word, and what it prints reads as the
/// README says, numbers apart.
class ExamplesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/retrograde/examples");

  @Test
  void aTrainedModelLoadsBackToTheSameHits(@TempDir Path folder) throws IOException {
    List<String> lines = printed("TrainDigits", TrainDigits::main, folder.toString());

    assertThat(folder.resolve("model.safetensors")).exists();
    String trained = lines.get(1).replaceFirst(".*correct=", "");
    assertThat(lines.getLast()).endsWith("correct=" + trained);
    assertThat(Integer.parseInt(trained.replaceFirst(",.*", ""))).isGreaterThan(350);
  }

  @Test
  void aLayerOfOnesOwnTrainsItsParameter() throws IOException {
    List<String> lines = printed("OwnLayer", OwnLayer::main);

    assertThat(lines).anyMatch(it -> it.startsWith("swish "));
    assertThat(lines.getLast()).startsWith("beta[0] = ").isNotEqualTo("beta[0] = 1.0");
  }

  @Test
  void recomputationSavesMemoryAndKeepsTheBits() throws IOException {
    List<String> lines = printed("CompareSavings", CompareSavings::main);

    assertThat(lines).hasSize(2).allMatch(it -> it.endsWith("equal bits: true"));
    assertThat(peak(lines.get(1))).isLessThan(peak(lines.get(0)));
  }

  private static long peak(String line) {
    return Long.parseLong(line.replaceFirst(".*peak ([0-9,]*) bytes.*", "$1").replace(",", ""));
  }

  /// Runs an example and compares it with the README.
  private static List<String> printed(String name, Shown.Example example, String... args)
      throws IOException {
    Shown readme = Shown.in("README.md");
    String source = Files.readString(SOURCES.resolve(name + ".java"));
    String shown = source.substring(source.indexOf("\n///") + 1);
    assertThat(readme.text()).contains("```java\n" + shown + "```");
    List<String> lines = Shown.printed(example, args);
    readme.hasShape(shown, lines);
    return lines;
  }
}
