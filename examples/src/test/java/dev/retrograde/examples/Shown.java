package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What programs print, beside what a document says that they print.
final class Shown {
  private final String text;

  private Shown(String text) {
    this.text = text;
  }

  /// A document, by its path from the project's root.
  static Shown in(String document) throws IOException {
    return new Shown(Files.readString(Path.of("..").resolve(document)));
  }

  String text() {
    return text;
  }

  /// A `main`.
  interface Example {
    void run(String... args) throws IOException;
  }

  /// The lines that an example prints.
  static List<String> printed(Example example, String... args) throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream here = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(here);
      example.run(args);
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /// The first block of output behind a place in the document.
  private List<String> block(String place) {
    int at = text.indexOf(place);
    assertThat(at).as("'%s' in the document", place).isNotNegative();
    String rest = text.substring(at + place.length());
    String block = rest.substring(rest.indexOf("```text\n") + 8);
    return block.substring(0, block.indexOf("```")).lines().toList();
  }

  /// The document says the same behind a place, numbers and the width of columns apart.
  void hasShape(String place, List<String> lines) {
    assertThat(lines.stream().map(Shown::shape))
        .isEqualTo(block(place).stream().map(Shown::shape).toList());
  }

  /// The document says the same behind a place.
  void has(String place, List<String> lines) {
    assertThat(lines).isEqualTo(block(place));
  }

  /// A line without its numbers and without the width of its columns.
  private static String shape(String line) {
    return line.replaceAll("-?[0-9][0-9.,E-]*", "#").replaceAll(" +", " ").strip();
  }
}
