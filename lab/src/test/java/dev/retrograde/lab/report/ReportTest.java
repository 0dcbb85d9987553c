package dev.retrograde.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Samples;
import dev.retrograde.lab.record.Json;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;

class ReportTest {
  private static final ComparisonResult RESULT = Samples.comparison();
  private static final String HTML = new Report("lenet <on> digits & more", RESULT).html();

  @Test
  void thePageIsWellFormed() throws Exception {
    assertThat(page().getDocumentElement().getTagName()).isEqualTo("html");
  }

  @Test
  void thePageNeedsNothingElse() {
    assertThat(HTML).doesNotContain("src=", "href=", "@import", "url(");
    assertThat(HTML.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http:", "https:");
  }

  @Test
  void everyChartThatWasPromisedIsThere() throws Exception {
    assertThat(texts(page(), "figcaption"))
        .containsExactly(
            "Loss against steps",
            "Loss against seconds",
            "Accuracy against steps",
            "Accuracy against seconds",
            "Accuracy against peak memory",
            "Time a step against peak memory",
            "Peak by tag: planned, and measured",
            "Live bytes over a step: store",
            "Live bytes over a step: recompute:2",
            "Live bytes over a step: recompute:4");
  }

  @Test
  void everyLineChartHasACurveARow() throws Exception {
    NodeList figures = page().getElementsByTagName("figure");
    int lineCharts = 0;
    for (int i = 0; i < figures.getLength(); i++) {
      Element figure = (Element) figures.item(i);
      if (figure.getAttribute("class").equals("chart lines")) {
        lineCharts++;
        JsonNode data = Json.parse(figure.getAttribute("data-chart"));
        assertThat(data.get("series")).hasSize(3);
        assertThat(data.get("series").get(0).get("points").size()).isGreaterThan(4);
        assertThat(figure.getElementsByTagName("path").getLength()).isEqualTo(9);
      }
    }
    assertThat(lineCharts).isEqualTo(4);
  }

  @Test
  void textIsEscaped() throws Exception {
    assertThat(HTML).contains("lenet &lt;on&gt; digits &amp; more").doesNotContain("<on>");
    assertThat(texts(page(), "h1")).containsExactly("lenet <on> digits & more");
  }

  @Test
  void verdictsSettingsMachineAndHashesAreThere() {
    RESULT
        .verdicts()
        .forEach(v -> {
          if (!v.text().equals("The baseline.")) {
            assertThat(HTML).contains(Markup.escape(v.text()));
          }
        });
    assertThat(HTML)
        .contains(
            "0123456789abcdef", "eedcba9876543210", "generated digits &lt;4,000 &amp; 1,000&gt;")
        .contains(Markup.escape(RESULT.envelope().machine().cpu()))
        .contains("refused: pooled is not available in this version");
  }

  @Test
  void theRecordInThePageEqualsTheJsonFile() {
    String open = "<script type=\"application/json\" id=\"record\">";
    int from = HTML.indexOf(open) + open.length();
    JsonNode record = Json.parse(HTML.substring(from, HTML.indexOf("</script>", from)));
    assertThat(record).isEqualTo(Json.parse(Json.text(RESULT.json())));
  }

  @Test
  void thePageIsWrittenIntoANewFolder(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("new").resolve("report.html");
    new Report("title", RESULT).write(file);
    assertThat(Files.readString(file)).startsWith("<!DOCTYPE html>");
  }

  @Test
  void numbersDoNotDependOnTheCountry() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(new Report("lenet <on> digits & more", RESULT).html()).isEqualTo(HTML);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void theTimelineEqualsThePlanAtEveryStep() {
    MemoryReport memory = Samples.memory(1);
    MemoryTimeline time = MemoryTimeline.of(memory);
    assertThat(time.steps()).isEqualTo(memory.steps());
    for (int step = 0; step < memory.steps(); step++) {
      for (Tag tag : Tag.values()) {
        assertThat(time.bytes()[tag.ordinal()][step]).isEqualTo(memory.byTag(step).get(tag));
      }
    }
    for (int most : List.of(1, 7, 1000)) {
      long shown = 0;
      for (int step : time.representatives(most)) {
        shown = Math.max(shown, time.total(step));
      }
      assertThat(shown).isEqualTo(memory.peakBytes());
    }
  }

  /// The page as XML; what HTML allows beyond XML, the page does not use outside of scripts.
  private static Document page() throws Exception {
    String xml =
        HTML.replaceFirst("<!DOCTYPE html>", "")
            .replaceAll("(?s)<script.*?</script>", "")
            .replaceAll("(?s)<style>.*?</style>", "");
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
  }

  private static List<String> texts(Document page, String tag) {
    NodeList all = page.getElementsByTagName(tag);
    return java.util.stream.IntStream.range(0, all.getLength())
        .mapToObj(i -> all.item(i).getTextContent())
        .toList();
  }

  @Test
  void residualsAndGradientsAreTablesThatFold() {
    assertThat(new Report("t", Samples.comparison()).html())
        .contains("store: 1.69 MiB of 1.69 MiB kept", "recompute:2: 864.0 KiB of 1.69 MiB kept")
        .contains("computed again from conv0", "an &lt;anchor&gt;")
        .contains("recompute:4: 0.5000 at least, 0.8500 in the median; 1 below 0.6")
        .contains("<td class=\"n broken\">0.50000</td>");
  }
}
