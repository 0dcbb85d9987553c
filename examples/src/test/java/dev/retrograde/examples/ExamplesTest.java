package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every example runs, the README shows it word for word, and what it prints reads as the README
/// says, numbers apart.
class ExamplesTest {
  private static final Path README = Path.of("..", "README.md");
  private static final Path SOURCES = Path.of("src/main/java/dev/retrograde/examples");

  /// A `main`.
  private interface Example {
    void run(String... args) throws IOException;
  }

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
  private static List<String> printed(String name, Example example, String... args)
      throws IOException {
    String readme = Files.readString(README);
    String source = Files.readString(SOURCES.resolve(name + ".java"));
    String shown = source.substring(source.indexOf("\n///") + 1);
    assertThat(readme).contains("```java\n" + shown + "```");

    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream here = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(here);
      example.run(args);
    } finally {
      System.setOut(before);
    }
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    String output = readme.substring(readme.indexOf(shown) + shown.length());
    String block = output.substring(output.indexOf("```text\n") + 8);
    List<String> expected = block.substring(0, block.indexOf("```")).lines().toList();
    assertThat(lines.stream().map(ExamplesTest::shape))
        .isEqualTo(expected.stream().map(ExamplesTest::shape).toList());
    return lines;
  }

  /// A line without its numbers and without the width of its columns.
  private static String shape(String line) {
    return line.replaceAll("[0-9][0-9.,E-]*", "#").replaceAll(" +", " ").strip();
  }
}
