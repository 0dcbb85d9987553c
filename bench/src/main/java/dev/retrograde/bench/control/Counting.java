package dev.retrograde.bench.control;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Counts what a side does in a step, as the mean over some trees.
///
/// @param work the trees
/// @param first values of parameters
/// @param rows is told each row
record Counting(TreeWork work, Map<String, float[]> first, Consumer<ControlRow> rows) {
  /// @param last what the last step did
  void count(TreeSide side, String what, LongSupplier last) {
    side.restart(first);
    double sum = 0;
    for (TreeWork.Item item : work.trees()) {
      side.step(item);
      sum += last.getAsLong();
    }
    row(side, what, sum);
  }

  /// Heap bytes of warm steps.
  void heap(TreeSide side) {
    side.restart(first);
    HeapBytes bytes = new HeapBytes();
    long idle = bytes.now();
    long reading = bytes.now() - idle;
    long before = bytes.now();
    for (int i = 0; i < work.trees().size(); i++) {
      side.step(work.trees().get(i));
    }
    row(side, "heap bytes", bytes.now() - before - reading);
  }

  private void row(TreeSide side, String what, double sum) {
    rows.accept(
        ControlRow.of("counts", side.name(), what + " a step", sum / work.trees().size())
            .note("mean over %d trees".formatted(work.trees().size())));
  }
}
