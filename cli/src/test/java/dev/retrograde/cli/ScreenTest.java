package dev.retrograde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {
  private final StringWriter text = new StringWriter();

  @Test
  void elsewhereThanOnATerminalNothingIsWrittenOver() {
    Screen screen = new Screen(new PrintWriter(text), false);
    screen.progress("work", 5, 10);
    screen.milestone("half of it");
    screen.clear();
    assertThat(text.toString()).isEqualTo("half of it" + System.lineSeparator());
  }

  @Test
  void aTerminalShowsShareRateAndTimeLeft() {
    Screen screen = new Screen(new PrintWriter(text), true);
    screen.progress("work", 5, 10);
    assertThat(text.toString())
        .startsWith("\r")
        .containsPattern(" 50 %  .+ steps/s  .+ left  work");
    screen.milestone("half of it");
    assertThat(text.toString()).endsWith("half of it" + System.lineSeparator());
  }

  @Test
  void aTerminalIsNotFlooded() {
    Screen screen = new Screen(new PrintWriter(text), true);
    for (int i = 1; i < 1000; i++) {
      screen.progress("work", i, 1000);
    }
    assertThat(text.toString().chars().filter(c -> c == '\r').count()).isLessThan(20);
  }

  @Test
  void tablesLineUp() {
    assertThat(Screen.table(List.of(List.of("a", "n"), List.of("long", "1.5"), List.of("b"))))
        .isEqualTo("a       n\nlong  1.5\nb\n");
  }

  @Test
  void longTextIsCutBetweenWords() {
    assertThat(Screen.wrapped("one two three four", "  ", 10))
        .isEqualTo("  one two\n  three\n  four\n");
  }
}
