package dev.retrograde.cli;

import dev.retrograde.choice.Frontier;
import dev.retrograde.choice.Residual;
import dev.retrograde.lab.compare.Explanation;
import dev.retrograde.lab.compare.Kept;
import dev.retrograde.lab.report.Unit;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.Reservation;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Where the memory of a step goes, as text: the peak by tag, what was foretold, every residual
/// with what became of it, and under a budget the mixtures that it chose from.
///
/// @param all whether residuals below 1 KiB are listed one by one
record MemoryText(Explanation about, boolean all) {
  private static final long SMALL = 1024;
  private static final int MOST_READERS = 3;

  void print(PrintWriter out) {
    peak(out, about.memory());
    out.println();
    reserved(out, about.kept());
    out.println();
    residuals(out, about.kept());
    if (!about.frontier().isEmpty()) {
      out.println();
      frontier(out);
    }
  }

  /// The joint peak by tag.
  static void peak(PrintWriter out, MemoryReport m) {
    out.printf(
        Locale.ROOT,
        "peak %,d bytes (%s) at step %d of %d: %s%n",
        m.peakBytes(),
        Unit.BYTES.text(m.peakBytes()),
        m.peakStep(),
        m.steps(),
        m.peakNode());
    Map<Tag, Long> tags = m.atPeak();
    for (Tag tag : Tag.values()) {
      long bytes = tags.getOrDefault(tag, 0L);
      out.printf(
          Locale.ROOT,
          "  %-10s %,15d  %5.1f %%%n",
          tag.name().toLowerCase(Locale.ROOT),
          bytes,
          m.peakBytes() == 0 ? 0 : 100.0 * bytes / m.peakBytes());
    }
    out.printf(
        Locale.ROOT,
        "arena %,d bytes, %.4f of the least possible%n",
        m.arenaBytes(),
        arenaShare(m));
    m.growths().forEach(g -> out.println("not counted: " + g.text()));
  }

  /// The arena over what is alive in it at most; 1 where there is no arena.
  private static double arenaShare(MemoryReport m) {
    MemoryReport inArena =
        MemoryReport.of(
            m.tensors().stream().filter(e -> e.offset() >= 0).toList(),
            java.util.Collections.nCopies(m.steps(), ""),
            m.arenaBytes());
    return inArena.peakBytes() == 0 ? 1 : (double) m.arenaBytes() / inArena.peakBytes();
  }

  private static void reserved(PrintWriter out, Kept kept) {
    Reservation r = kept.reserved();
    out.printf(
        Locale.ROOT,
        "reserved %,d bytes: state %,d, inputs and outputs %,d, arena %,d%s%n",
        r.bytes(),
        r.state(),
        r.own(),
        r.arena(),
        r.frames() == 0 ? "" : String.format(Locale.ROOT, ", frames %,d", r.frames()));
    kept.forecast()
        .ifPresent(f ->
            out.printf(
                Locale.ROOT,
                "forecast %,d bytes (%+.3f %%), peak %,d bytes, %s a step%n",
                f.bytes(),
                100 * kept.forecastError(),
                f.memory().peakBytes(),
                Unit.SECONDS.text(f.seconds())));
  }

  private void residuals(PrintWriter out, Kept kept) {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("residual of", "op", "policy", "bytes", "kept", "read by", "why"));
    int small = 0;
    for (Residual r : kept.residuals()) {
      if (!all && Math.max(r.bytes(), r.kept()) < SMALL) {
        small++;
        continue;
      }
      table.add(
          List.of(
              r.layer().isEmpty() ? "program" : r.layer(),
              r.op(),
              r.policy(),
              bytes(r.bytes()),
              bytes(r.kept()),
              readers(r.readers()),
              r.reason()));
    }
    if (table.size() > 1) {
      out.print(Screen.table(table, 3, 4));
    }
    if (small > 0) {
      out.printf(
          "%d residual%s below 1 KiB not listed (--all lists them)%n",
          small, small == 1 ? "" : "s");
    }
    out.printf(
        Locale.ROOT,
        "%d residuals of %,d bytes under '%s'; %,d bytes are kept from forward%n",
        kept.residuals().size(),
        kept.bytes(),
        kept.summary(),
        kept.kept());
  }

  private static String readers(List<String> readers) {
    String first = String.join(" ", readers.subList(0, Math.min(MOST_READERS, readers.size())));
    int rest = readers.size() - MOST_READERS;
    return readers.isEmpty()
        ? "values made again"
        : rest > 0 ? first + " and " + rest + " more" : first;
  }

  private void frontier(PrintWriter out) {
    out.println("mixtures that a budget chooses from, the fastest first");
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("", "bytes", "peak", "time a step", "policy"));
    for (Frontier.Point p : about.frontier()) {
      table.add(
          List.of(
              about.chosen(p) ? "*" : "",
              bytes(p.bytes()),
              bytes(p.forecast().memory().peakBytes()),
              Unit.SECONDS.text(p.forecast().seconds()),
              p.label()));
    }
    out.print(Screen.table(table, 1, 2, 3));
    out.println("* taken");
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d", bytes);
  }
}
