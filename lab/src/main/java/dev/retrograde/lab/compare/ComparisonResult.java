package dev.retrograde.lab.compare;

import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a comparison found.
///
/// @param envelope who, when, where, with which settings
/// @param hashes what shows that the runs began alike: by seed, of the initial weights and of the
///   order of batches, as 16 hexadecimal digits
/// @param testSamples samples that accuracy was measured on
/// @param runs every backward pass and seed
public record ComparisonResult(
    Envelope envelope, List<Hashes> hashes, int testSamples, List<RunResult> runs) {
  public ComparisonResult {
    hashes = List.copyOf(hashes);
    runs = List.copyOf(runs);
  }

  /// What the runs of a seed share.
  ///
  /// @param seed the seed
  /// @param weights hash of the initial weights
  /// @param batches hash of the order of batches
  public record Hashes(long seed, String weights, String batches) {}

  /// The runs by backward pass; the baseline first.
  public List<Row> rows() {
    Map<String, List<RunResult>> by = new LinkedHashMap<>();
    for (RunResult run : runs) {
      by.computeIfAbsent(run.backward().toString(), k -> new java.util.ArrayList<>()).add(run);
    }
    return by.values().stream().map(all -> new Row(all.getFirst().backward(), all)).toList();
  }

  /// A verdict a row.
  public List<Verdict> verdicts() {
    List<Row> rows = rows();
    return rows.stream().map(r -> Verdict.of(r, rows.getFirst(), testSamples)).toList();
  }

  /// As the record holds it.
  public ObjectNode json() {
    ObjectNode out = envelope.json();
    ArrayNode shared = out.putArray("hashes");
    for (Hashes h : hashes) {
      ObjectNode one = shared.addObject();
      one.put("seed", h.seed());
      one.put("initial_weights", h.weights());
      one.put("batch_order", h.batches());
    }
    out.put("test_samples", testSamples);
    ArrayNode all = out.putArray("runs");
    runs.forEach(r -> all.add(r.json()));
    ArrayNode summary = out.putArray("summary");
    Row baseline = rows().getFirst();
    for (Verdict v : verdicts()) {
      ObjectNode one = summary.addObject();
      one.put("backward", v.row().backward().toString());
      one.put("seeds", v.row().done().size());
      Spread accuracy = v.row().accuracy();
      Json.put(one, "accuracy_mean", accuracy.mean());
      Json.put(one, "accuracy_deviation", accuracy.count() > 1 ? accuracy.deviation() : Double.NaN);
      Json.put(one, "accuracy_difference", v.row().accuracyAgainst(baseline).mean());
      Json.put(one, "time_ratio", Spread.median(v.row().timeRatios(baseline)));
      one.put("exact", v.row().equalTo(baseline));
      one.put("verdict", v.text());
    }
    return out;
  }
}
