package dev.retrograde.autodiff;

import dev.retrograde.autodiff.Split.Seed;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// One trip of a loop in split form.
///
/// Backward carries a cotangent for each carried value that needs one, and a sum for each captured
/// value that the body reaches: what a trip adds goes into the sum as it comes in, so there is no
/// buffer of its size a trip. Which carried values have a cotangent is the least set that contains
/// those that arrive with one and is closed under a walk of the body, so that a path that the body
/// cuts stays cut and is not taken for a gradient of zeros.
///
/// @param split the body
/// @param carried cotangents that come in, by the number of the carried value
/// @param sums cotangents so far that come in, by captured value, of those that are reached
record Trip(
    Split split, Map<Integer, Value> carried, Map<Value, Value> sums, Block body, int first) {

  /// What is known of the loop around the body.
  ///
  /// @param first where the carried values begin among the parameters
  /// @param arriving for each carried value whether its last value has a cotangent
  /// @param active for each carried value whether it moves at the start
  /// @param rows parameters beside the carried values that need a cotangent
  /// @param seeds cotangents of rows that the body writes
  /// @param captured captured values that need a cotangent
  /// @param deferred captured values whose cotangents are formed later
  record Loop(
      int first,
      boolean[] arriving,
      boolean[] active,
      List<Value> rows,
      List<Seed> seeds,
      List<Value> captured,
      Set<Value> deferred) {}

  static Trip of(Walk w, Block body, Loop l) {
    boolean[] moving = l.active.clone();
    List<Value> others = Split.join(l.captured, l.rows);
    Activity.carry(
        w.context().captures(),
        body,
        l.first,
        moving,
        Split.join(w.context().ledgers().matrices(others), List.copyOf(l.deferred)));
    List<Value> wrt = new ArrayList<>(others);
    TreeSet<Integer> carried = new TreeSet<>();
    for (int k = 0; k < moving.length; k++) {
      Value p = body.params().get(l.first + k);
      moving[k] &= Activity.floats(p);
      if (moving[k]) {
        wrt.add(p);
      }
      if (moving[k] && l.arriving[k]) {
        carried.add(k);
      }
    }
    while (true) {
      Trip t = walk(w, body, l, wrt, carried);
      TreeSet<Integer> reached = new TreeSet<>(carried);
      for (int k = 0; k < moving.length; k++) {
        if (moving[k] && t.split.found().containsKey(body.params().get(l.first + k))) {
          reached.add(k);
        }
      }
      if (reached.equals(carried)) {
        return t;
      }
      carried = reached;
    }
  }

  private static Trip walk(Walk w, Block body, Loop l, List<Value> wrt, TreeSet<Integer> carried) {
    Map<Value, Value> sums = new LinkedHashMap<>();
    Map<Integer, Value> cots = new TreeMap<>();
    List<Seed> seeds = new ArrayList<>();
    for (Value v : l.captured) {
      sums.put(v, w.back().parameter(v.type()));
      seeds.add(new Seed(v, sums.get(v)));
    }
    for (int k : carried) {
      Value r = body.results().get(k);
      cots.put(k, w.back().parameter(r.type()));
      seeds.add(new Seed(r, cots.get(k)));
    }
    seeds.addAll(l.seeds);
    Split s = Split.of(w, body, new Split.Ask(seeds, wrt, l.deferred));
    sums.entrySet().removeIf(e -> e.getValue().equals(s.found().get(e.getKey())));
    return new Trip(s, cots, sums, body, l.first);
  }

  /// Whether there is anything to carry back.
  boolean reachesNothing() {
    return carried.isEmpty() && sums.isEmpty();
  }

  /// Parameters of the backward body that carry cotangents.
  List<Value> params() {
    return Split.join(List.copyOf(carried.values()), List.copyOf(sums.values()));
  }

  /// What the backward body leaves for the next trip, before it is replayed; `e` makes zeros.
  List<Value> results(Emit e) {
    List<Value> out = new ArrayList<>();
    for (int k : carried.keySet()) {
      Value p = body.params().get(first + k);
      Value c = split.found().get(p);
      out.add(c == null ? e.zeros(p.type()) : c);
    }
    for (Value v : sums.keySet()) {
      Value c = split.found().get(v);
      if (c == null) {
        throw new AssertionError("the sum of " + v + " is lost");
      }
      out.add(c);
    }
    return out;
  }

  /// What the backward loop starts from.
  List<Value> start(Walk w, List<Value> results) {
    List<Value> out = new ArrayList<>();
    carried.keySet().forEach(k -> out.add(w.cotangentOrZeros(results.get(k))));
    sums.keySet().forEach(v -> out.add(w.cotangentOrZeros(v)));
    return out;
  }

  /// Hands on what the backward loop ends with.
  ///
  /// @param initial the operands that the carried values started from
  void finish(Walk w, List<Value> initial, List<Value> ended) {
    int at = carried.size();
    for (Value v : sums.keySet()) {
      w.put(v, ended.get(at++));
    }
    at = 0;
    for (int k : carried.keySet()) {
      Value c = ended.get(at++);
      if (w.wants(initial.get(k))) {
        w.add(initial.get(k), c);
      }
    }
  }

  /// Pairs values with what stands for them.
  static Map<Value, Value> pairs(List<Value> from, List<Value> to) {
    Map<Value, Value> out = new HashMap<>();
    for (int i = 0; i < from.size(); i++) {
      out.put(from.get(i), to.get(i));
    }
    return out;
  }
}
