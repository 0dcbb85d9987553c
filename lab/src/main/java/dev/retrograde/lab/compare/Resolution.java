package dev.retrograde.lab.compare;

import dev.retrograde.ir.Node;
import dev.retrograde.lab.task.Task;
import dev.retrograde.train.Training;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What each layer got, read from the joint program: a layer of which backward computes something
/// again is recomputed, whatever was asked for.
final class Resolution {
  private Resolution() {}

  static Map<String, String> of(Task task, Training training) {
    Set<String> again = new HashSet<>();
    int batch = Math.min(task.batch(), task.data().train().size());
    for (Node n : training.plan().step(batch).nodes()) {
      if (n.origin().epoch() > 0) {
        again.add(n.origin().path());
      }
    }
    Map<String, String> all = new LinkedHashMap<>();
    for (String layer : task.layers()) {
      all.put(layer, again.contains(layer) ? training.plan().saving().spec() : "store");
    }
    return all;
  }
}
