package dev.retrograde.cli;

import dev.retrograde.lab.report.Unit;
import java.io.Console;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Progress and tables, fit for a terminal or for a file.
///
/// On a terminal progress is one line that is written over, with the rate and the time left;
/// elsewhere each milestone is a line of its own and nothing is written over.
final class Screen {
  private static final long NANOS_BETWEEN = 100_000_000L;

  private final PrintWriter err;
  private final boolean terminal;
  private final long start = System.nanoTime();
  private long last;
  private int width;

  Screen(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /// Of this process: a terminal if its input and output are one.
  static Screen of(PrintWriter err) {
    Console console = System.console();
    return new Screen(err, console != null && console.isTerminal());
  }

  /// How far the work is.
  ///
  /// @param what is going on
  /// @param done steps done
  /// @param total steps in all
  void progress(String what, long done, long total) {
    long now = System.nanoTime();
    if (!terminal || (now - last < NANOS_BETWEEN && done < total)) {
      return;
    }
    last = now;
    double seconds = (now - start) * 1e-9;
    double rate = done / seconds;
    int filled = (int) (20 * done / Math.max(1, total));
    String line =
        String.format(
            Locale.ROOT,
            "%s%s %3d %%  %s steps/s  %s left  %s",
            "━".repeat(filled),
            "─".repeat(20 - filled),
            100 * done / Math.max(1, total),
            Unit.NUMBER.text(rate),
            Unit.SECONDS.text(Math.rint((total - done) / rate)),
            what);
    err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
    err.flush();
    width = line.length();
  }

  /// A line that stays.
  void milestone(String line) {
    clear();
    err.println(line);
    err.flush();
  }

  /// Takes the progress line away.
  void clear() {
    if (width > 0) {
      err.print("\r" + " ".repeat(width) + "\r");
      err.flush();
      width = 0;
    }
  }

  /// A table: the first column to the left, the others to the right, two blanks between.
  static String table(List<List<String>> rows) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    return table(rows, IntStream.range(1, columns).toArray());
  }

  /// A table whose columns stand to the left but for these, two blanks between.
  static String table(List<List<String>> rows, int... toTheRight) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int c = 0; c < row.size(); c++) {
        if (c == widths.size()) {
          widths.add(0);
        }
        widths.set(c, Math.max(widths.get(c), row.get(c).length()));
      }
    }
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < row.size(); c++) {
        int column = c;
        String cell = row.get(c);
        String gap = " ".repeat(widths.get(c) - cell.length());
        boolean right = IntStream.of(toTheRight).anyMatch(r -> r == column);
        line.append(c == 0 ? "" : "  ").append(right ? gap + cell : cell + gap);
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  /// Text in lines of at most `most` letters, each begun by `indent`.
  static String wrapped(String text, String indent, int most) {
    StringBuilder out = new StringBuilder();
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split(" ")) {
      if (line.length() + word.length() + 1 > most && line.length() > indent.length()) {
        out.append(line).append('\n');
        line = new StringBuilder(indent);
      }
      line.append(line.length() == indent.length() ? "" : " ").append(word);
    }
    return out.append(line).append('\n').toString();
  }
}
