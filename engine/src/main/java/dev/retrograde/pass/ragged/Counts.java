package dev.retrograde.pass.ragged;

import dev.retrograde.ir.Value;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// For values of a rewritten program, an i32 scalar that counts rows (along axis 0), and what is
/// known of the rows from there on.
///
/// It only saves work: every node is right for all rows of the capacity, so that a pass that loses
/// track of a value forgets its entry. Passes that rename values keep the table up.
public final class Counts {
  private final Map<Value, Entry> entries = new HashMap<>();

  /// What is known of rows from the count on.
  public enum Tail {
    /// Nobody reads them.
    UNREAD,
    /// They are zeros.
    ZERO,
    /// They are the last row before, or, where there is none, what was in the place that they are
    /// written to.
    REPEATED
  }

  private record Entry(Value count, Tail tail) {}

  public void put(Value v, Value count, Tail tail) {
    entries.put(v, new Entry(count, tail));
  }

  /// The count of a value of whose rows this is known, or null.
  public @Nullable Value of(Value v, Tail tail) {
    Entry e = entries.get(v);
    return e == null || e.tail != tail ? null : e.count;
  }

  /// Counts that these values name.
  public Set<Value> of(Iterable<Value> values) {
    Set<Value> out = new TreeSet<>(Comparator.comparingInt(Value::id));
    for (Value v : values) {
      Entry e = entries.get(v);
      if (e != null) {
        out.add(e.count);
      }
    }
    return out;
  }

  /// From now on `kept` stands for `v` as well: something is known of it only where the same is of
  /// both.
  public void merge(Value kept, Value v) {
    if (!Objects.equals(entries.get(kept), entries.get(v))) {
      entries.remove(kept);
    }
  }

  /// The count of a value under another name.
  public void rename(Value v, UnaryOperator<Value> by) {
    entries.computeIfPresent(v, (x, e) -> new Entry(by.apply(e.count), e.tail));
  }
}
