package dev.retrograde.lab.compare;

import dev.retrograde.lab.record.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/// How far the gradients of a policy point where the exact ones do: for each parameter the cosine
/// of the two, at equal weights and on an equal batch.
///
/// @param start by parameter, before the first step
/// @param end the same after the last step; empty if training broke off
public record Fidelity(Map<String, Double> start, Map<String, Double> end) {
  /// Below this cosine a layer learns something else than it should.
  public static final double WARNING = 0.6;

  public Fidelity {
    start = Collections.unmodifiableMap(new LinkedHashMap<>(start));
    end = Collections.unmodifiableMap(new LinkedHashMap<>(end));
  }

  /// The smallest cosine of all; NaN if there is none.
  public double least() {
    return all().stream().mapToDouble(c -> c).min().orElse(Double.NaN);
  }

  /// The middle one of all.
  public double median() {
    return Spread.median(all());
  }

  /// Parameters whose gradient was below [#WARNING] at one of the two moments.
  public List<String> doubtful() {
    Collection<String> names = new TreeSet<>();
    start.forEach((name, cosine) -> add(names, name, cosine));
    end.forEach((name, cosine) -> add(names, name, cosine));
    return List.copyOf(names);
  }

  private static void add(Collection<String> names, String name, double cosine) {
    if (!(cosine >= WARNING)) {
      names.add(name);
    }
  }

  /// In a sentence.
  public String text() {
    List<String> doubtful = doubtful();
    String figures =
        String.format(
            Locale.ROOT,
            "Gradients agree with the exact ones to a cosine of %.3f at least, %.3f in the median",
            least(),
            median());
    if (doubtful.isEmpty()) {
      return figures + ".";
    }
    return figures
        + String.format(
            Locale.ROOT,
            ". Warning: below %.1f for %s%s.",
            WARNING,
            String.join(", ", doubtful.subList(0, Math.min(3, doubtful.size()))),
            doubtful.size() > 3 ? " and " + (doubtful.size() - 3) + " more" : "");
  }

  private List<Double> all() {
    List<Double> all = new ArrayList<>(start.values());
    all.addAll(end.values());
    return all;
  }

  /// As a record holds it.
  ObjectNode json() {
    ObjectNode out = Json.object();
    Json.put(out, "least", least());
    Json.put(out, "median", median());
    ObjectNode first = out.putObject("start");
    start.forEach((name, cosine) -> Json.put(first, name, cosine));
    ObjectNode last = out.putObject("end");
    end.forEach((name, cosine) -> Json.put(last, name, cosine));
    return out;
  }
}
