package dev.retrograde.pass.ragged;

import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// For values of a rewritten program, the i32 scalar that says how many of their rows (along axis
/// 0) anybody reads. A value that is missing here is read whole.
///
/// It only saves work: every node is right for all rows of the capacity, so that a pass that loses
/// track of a value forgets its entry. Passes that rename values keep the table up.
public final class Counts {
  private final Map<Value, Value> rows = new HashMap<>();

  /// Values whose rows from the count on nobody reads.
  public void put(Value v, Value count) {
    rows.put(v, count);
  }

  /// How many rows of a value are read, or null if all.
  public @Nullable Value of(Value v) {
    return rows.get(v);
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /// Counts that some of these values name.
  public Set<Value> of(Iterable<Value> values) {
    Set<Value> out = new TreeSet<>(java.util.Comparator.comparingInt(Value::id));
    for (Value v : values) {
      Value count = rows.get(v);
      if (count != null) {
        out.add(count);
      }
    }
    return out;
  }

  /// From now on `kept` stands for `v` as well: it has a count only where both have the same.
  public void merge(Value kept, Value v) {
    Value count = rows.get(kept);
    if (count != null && !count.equals(rows.get(v))) {
      rows.remove(kept);
    }
  }

  /// The count of a value under another name.
  public void rename(Value v, UnaryOperator<Value> by) {
    rows.computeIfPresent(v, (x, count) -> by.apply(count));
  }
}
