package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.data.DataException;
import dev.retrograde.data.TextSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {
  @TempDir Path folder;

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void plainAndZippedTextsAreTheSameAndUnchanged() {
    String text = "Ünd\r\nso \u00A0weiter \uD83D\uDE00 ".repeat(900);
    Samples.write(folder.resolve("a.txt"), utf8(text));
    Samples.write(folder.resolve("b.txt"), Samples.gzip(utf8(text)));
    assertThat(TextFile.read(folder.resolve("a.txt"))).isEqualTo(text);
    assertThat(TextFile.read(folder.resolve("b.txt"))).isEqualTo(text);
  }

  @Test
  void theOnlyTextOfAFolderIsTaken() {
    Samples.write(folder.resolve("tale.txt.gz"), Samples.gzip(utf8("to be or not to be")));
    Samples.write(folder.resolve("readme.md"), utf8("nothing"));
    TextSet letters = TextFile.characters(folder, 0.5);
    assertThat(letters.symbols().decode(letters.test().codes())).isEqualTo("not to be");
    TextSet words = TextFile.words(folder, 0.34, 1);
    assertThat(words.symbols().decode(words.train().codes())).isEqualTo("to be or not");
    Samples.write(folder.resolve("other.txt"), utf8("x"));
    assertThatThrownBy(() -> TextFile.characters(folder, 0.5))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected one file *.txt or *.txt.gz, found 2 of them");
  }

  @Test
  void bytesThatAreNoTextAreNamed() {
    byte[] bytes = utf8("abcdef");
    bytes[3] = (byte) 0xFF;
    Samples.write(folder.resolve("a.txt"), bytes);
    assertThatThrownBy(() -> TextFile.read(folder.resolve("a.txt")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("byte 3: expected a character in UTF-8, found byte ff");
    Samples.write(folder.resolve("a.txt"), new byte[] {'a', (byte) 0xC3});
    assertThatThrownBy(() -> TextFile.read(folder.resolve("a.txt")))
        .hasMessageContaining("byte 1: expected a character in UTF-8, found byte c3");
  }

  @Test
  void textsTooShortToSplitAreRefused() {
    Path file = folder.resolve("a.txt");
    Samples.write(file, utf8("a"));
    assertThatThrownBy(() -> TextFile.characters(file, 0.5))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("at least 2 characters, found 1");
    Samples.write(file, utf8(" word\u000B\n"));
    assertThatThrownBy(() -> TextFile.words(file, 0.5, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("at least 2 words");
    assertThatThrownBy(() -> TextFile.characters(folder.resolve("absent"), 0.5))
        .isInstanceOf(DataException.class);
  }

  @Test
  void theSharedTextHasItsCharacters() {
    Optional<Path> home = DataHome.find("text");
    assumeTrue(home.isPresent(), DataHome.cure("text"));
    TextSet set = TextFile.characters(home.orElseThrow(), 0.1);
    assertThat(set.train().size() + set.test().size()).isEqualTo(1_115_394);
    assertThat(set.symbols().size()).isEqualTo(65);
    assertThat(set.symbols().decode(set.train().slice("start", 0, 14).codes()))
        .isEqualTo("First Citizen:");
  }
}
