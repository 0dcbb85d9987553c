package dev.retrograde.lab.compare;

import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What each layer got, read from the account of the rewritten program: the policy that decided,
/// and how many of the layer's values backward gets in which way, such as `exact: 2 remade, 1
/// store`. A layer of which backward reads no value keeps nothing, whatever was asked for.
final class Resolution {
  private static final String NOTHING = "keeps nothing";

  private Resolution() {}

  /// @param layers paths in order; others that keep something follow behind
  static Map<String, String> of(Collection<String> layers, Saved saved) {
    Map<String, List<Residual>> by = new LinkedHashMap<>();
    layers.forEach(l -> by.put(l, new ArrayList<>()));
    for (Residual r : saved.residuals()) {
      by.computeIfAbsent(r.layer(), l -> new ArrayList<>()).add(r);
    }
    Map<String, String> all = new LinkedHashMap<>();
    by.forEach((layer, residuals) -> all.put(layer, text(policy(saved, layer), residuals)));
    return all;
  }

  /// The spelling of the policy that decides about a layer.
  static String policy(Saved saved, String layer) {
    return saved.policy() instanceof Saving.ByLayer l ? l.of(layer).spec() : saved.policy().spec();
  }

  private static String text(String policy, List<Residual> residuals) {
    if (residuals.isEmpty()) {
      return NOTHING;
    }
    Map<String, Integer> counts = new TreeMap<>();
    residuals.forEach(r -> counts.merge(r.policy(), 1, Integer::sum));
    if (counts.size() == 1 && counts.containsKey(policy)) {
      return policy;
    }
    return policy
        + ": "
        + counts.entrySet().stream()
            .map(e -> e.getValue() + " " + e.getKey())
            .collect(Collectors.joining(", "));
  }
}
