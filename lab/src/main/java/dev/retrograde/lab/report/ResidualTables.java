package dev.retrograde.lab.report;

import dev.retrograde.choice.Residual;
import dev.retrograde.lab.compare.Fidelity;
import dev.retrograde.lab.compare.Kept;
import dev.retrograde.lab.compare.Row;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What backward reads of forward, row by row, and where its gradients point.
///
/// @param rows of the comparison
record ResidualTables(List<Row> rows) {
  private static final long SMALL = 1024;

  void residuals(Markup out) {
    if (rows.stream().allMatch(r -> r.cost().isEmpty())) {
      return;
    }
    out.raw("<section>\n<h2>What is kept for backward</h2>\n");
    for (Row row : rows) {
      row.cost().ifPresent(c -> residuals(out, row.backward().toString(), c.kept()));
    }
    out.raw("</section>\n");
  }

  private static void residuals(Markup out, String name, Kept kept) {
    out.raw("<details class=\"residuals\"><summary>")
        .text(
            "%s: %s of %s kept%s"
                .formatted(
                    name,
                    Unit.BYTES.text(kept.kept()),
                    Unit.BYTES.text(kept.bytes()),
                    kept.policy().equals(name) ? "" : ", under " + kept.summary()))
        .raw("</summary><div class=\"scroll\"><table><thead><tr>");
    for (String h : List.of("layer", "op", "policy", "bytes", "kept", "read by", "why")) {
      out.element("th", h.equals("bytes") || h.equals("kept") ? "class=\"n\"" : "", h);
    }
    out.raw("</tr></thead><tbody>\n");
    long small = 0;
    for (Residual r : kept.residuals()) {
      if (Math.max(r.bytes(), r.kept()) < SMALL) {
        small++;
        continue;
      }
      out.raw("<tr>").element("th", "scope=\"row\"", r.layer());
      out.element("td", "", r.op()).element("td", "", r.policy());
      out.element("td", "class=\"n\"", String.format(Locale.ROOT, "%,d", r.bytes()));
      out.element("td", "class=\"n\"", String.format(Locale.ROOT, "%,d", r.kept()));
      out.element("td", "", String.join(" ", r.readers())).element("td", "", r.reason());
      out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>");
    out.element("p", "class=\"note\"", small + " residuals below 1 KiB are not listed.");
    out.raw("</details>\n");
  }

  void fidelity(Markup out) {
    if (rows.stream().allMatch(r -> r.fidelity().isEmpty())) {
      return;
    }
    out.raw("<section id=\"fidelity\">\n<h2>Where gradients point</h2>\n");
    out.element(
        "p",
        "class=\"note\"",
        "Cosine of each parameter's gradient to the exact one, at equal weights and on the same"
            + " batch, before the first and after the last step. 1: the same direction; below "
            + Fidelity.WARNING
            + " a layer learns something else.");
    for (Row row : rows) {
      row.fidelity().ifPresent(f -> fidelity(out, row.backward().toString(), f));
    }
    out.raw("</section>\n");
  }

  private static void fidelity(Markup out, String name, Fidelity f) {
    out.raw("<details><summary>")
        .text(
            String.format(
                Locale.ROOT,
                "%s: %.4f at least, %.4f in the median%s",
                name,
                f.least(),
                f.median(),
                f.doubtful().isEmpty()
                    ? ""
                    : "; " + f.doubtful().size() + " below " + Fidelity.WARNING))
        .raw("</summary><div class=\"scroll\"><table><thead><tr>")
        .element("th", "", "parameter")
        .element("th", "class=\"n\"", "at the start")
        .element("th", "class=\"n\"", "at the end")
        .raw("</tr></thead><tbody>\n");
    Collection<String> doubtful = f.doubtful();
    Set<String> names = new LinkedHashSet<>(f.start().keySet());
    names.addAll(f.end().keySet());
    for (String parameter : names) {
      String mark = doubtful.contains(parameter) ? "class=\"n broken\"" : "class=\"n\"";
      out.raw("<tr>").element("th", "scope=\"row\"", parameter);
      out.element("td", mark, cosine(f.start(), parameter));
      out.element("td", mark, cosine(f.end(), parameter));
      out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div></details>\n");
  }

  private static String cosine(Map<String, Double> by, String parameter) {
    return by.containsKey(parameter) ? String.format(Locale.ROOT, "%.5f", by.get(parameter)) : "–";
  }
}
