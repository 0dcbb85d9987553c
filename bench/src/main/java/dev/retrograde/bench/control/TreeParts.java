package dev.retrograde.bench.control;

import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.PairedTiming;
import dev.retrograde.bench.timing.RoundResult;
import dev.retrograde.bench.timing.Side;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// The parts of the control suite about the TreeLSTM.
///
/// @param work the trees
/// @param target that ours are compiled for
/// @param timing of rounds
/// @param rows is told each row
/// @param notes is told what is going on
public record TreeParts(
    TreeWork work,
    Target target,
    PairedTiming timing,
    Consumer<ControlRow> rows,
    Consumer<String> notes) {
  private static final long SEED = 7;
  private static final TreeWeights SHAPE = TreeWeights.standard();
  private static final int AGREEMENT_TREES = 100;
  private static final int CALLBACK_TREES = 8;
  private static final int CHOICE_STRIDE = 25;
  private static final int ABLATION_STRIDE = 5;
  private static final int STEADY_STEPS = 10_000;
  private static final String PER_TREE = "ms a tree";

  private static Map<String, float[]> first() {
    return SHAPE.draw(SEED);
  }

  /// Times of all ways to run the program, in the same rounds.
  public void race() {
    Map<String, float[]> first = first();
    notes.accept("%s: %d trees, one a step".formatted(work.name(), work.trees().size()));
    try (TreeSide torch = fastest(torch());
        TreeSide tape = fastest(tapes());
        TreeSide nodes = new StagedTree(work, SHAPE, TreeStaging.perNode(), target);
        TreeSide levels = new StagedTree(work, SHAPE, TreeStaging.batched(), target)) {
      List<TreeSide> sides = List.of(torch, tape, nodes, levels);
      List<float[]> losses =
          sides.stream().map(s -> new TreeEpoch(s, work, first).losses(AGREEMENT_TREES)).toList();
      RoundResult times =
          timing.measure(sides.stream().<Side>map(s -> new TreeEpoch(s, work, first)).toList());
      Race race = new Race(sides, losses, times);
      rows.accept(race.alone(0));
      // The tape may take 1.3 times as long as libtorch.
      rows.accept(race.row(1, 0, 1 / 1.3, 1));
      rows.accept(race.row(2, 1, 2.9, 5));
      rows.accept(race.row(2, 0, 0, 0));
      rows.accept(race.row(3, 1, 4.2, 0).within(3.5, 1.8));
      rows.accept(race.row(3, 0, 4, 8).within(3.5, 1.8));
    }
    callbacks(first);
  }

  /// What a race found; sides by their number.
  private final class Race {
    private final List<TreeSide> sides;
    private final List<float[]> losses;
    private final RoundResult times;

    Race(List<TreeSide> sides, List<float[]> losses, RoundResult times) {
      this.sides = sides;
      this.losses = losses;
      this.times = times;
    }

    ControlRow alone(int side) {
      double seconds = times.pair(side, side).ours().median();
      return ControlRow.of("tree", sides.get(side).name(), PER_TREE, perTree(seconds))
          .note(work.name());
    }

    ControlRow row(int side, int other, double must, double aim) {
      PairedResult pairs = times.pair(side, other);
      return alone(side)
          .beside(new ControlRow.Beside(sides.get(other).name(), pairs, must, aim))
          .losses(ControlRow.difference(losses.get(side), losses.get(other)));
    }
  }

  private double perTree(double seconds) {
    return seconds * 1e3 / work.trees().size();
  }

  private List<TreeSide> torch() {
    return List.of(
        new TorchTree(work, SHAPE, GateForm.MERGED, 1),
        new TorchTree(work, SHAPE, GateForm.APART, 1));
  }

  private List<TreeSide> tapes() {
    return List.of(
        new TapeTree(work, SHAPE, GateForm.MERGED, target),
        new TapeTree(work, SHAPE, GateForm.APART, target));
  }

  /// The side that is faster on some of the trees; the others are closed.
  private TreeSide fastest(List<TreeSide> sides) {
    TreeWork some = work.every(CHOICE_STRIDE);
    TreeSide best = sides.getFirst();
    double least = Double.POSITIVE_INFINITY;
    for (TreeSide side : sides) {
      double seconds = Double.POSITIVE_INFINITY;
      for (int round = 0; round < 4; round++) {
        seconds = Math.min(seconds, seconds(new TreeEpoch(side, some, first())));
      }
      notes.accept(
          "%s: %.2f ms a tree on every %dth tree"
              .formatted(side.name(), seconds * 1e3 / some.trees().size(), CHOICE_STRIDE));
      best = seconds < least ? side : best;
      least = Math.min(least, seconds);
    }
    for (TreeSide side : sides) {
      if (side != best) {
        side.close();
      }
    }
    return best;
  }

  private static double seconds(TreeEpoch epoch) {
    epoch.prepare();
    long start = System.nanoTime();
    epoch.run();
    return (System.nanoTime() - start) * 1e-9;
  }

  /// A few trees by callbacks, which are hundreds of times slower.
  private void callbacks(Map<String, float[]> first) {
    TreeWork some = work.every(Math.max(1, work.trees().size() / CALLBACK_TREES));
    try (CallbackTree plain = new CallbackTree(some, SHAPE);
        TreeSide levels = new StagedTree(some, SHAPE, TreeStaging.batched(), target)) {
      TreeEpoch epoch = new TreeEpoch(plain, some, first);
      float[] losses = epoch.losses(some.trees().size());
      double seconds = seconds(epoch);
      float[] others = new TreeEpoch(levels, some, first).losses(some.trees().size());
      rows.accept(
          ControlRow.of("tree", plain.name(), PER_TREE, seconds * 1e3 / some.trees().size())
              .losses(ControlRow.difference(losses, others))
              .note(
                  "mean over %d trees, plain Java, losses beside staged"
                      .formatted(some.trees().size())));
    }
  }

  /// Every switch of the compiled step off in turn.
  public void ablation() {
    Map<String, float[]> first = first();
    TreeWork some = work.every(ABLATION_STRIDE);
    List<StagedTree> sides = new ArrayList<>();
    try {
      for (TreeStaging staging : TreeStaging.ablation()) {
        notes.accept("compiling: " + staging.name());
        sides.add(new StagedTree(some, SHAPE, staging, target));
      }
      List<float[]> losses =
          sides.stream().map(s -> new TreeEpoch(s, some, first).losses(AGREEMENT_TREES)).toList();
      RoundResult times =
          timing.measure(sides.stream().<Side>map(s -> new TreeEpoch(s, some, first)).toList());
      for (int side = 0; side < sides.size(); side++) {
        StagedTree tree = sides.get(side);
        PairedResult pairs = times.pair(side, 0);
        double ms = pairs.ours().median() * 1e3 / some.trees().size();
        rows.accept(
            ControlRow.of("ablation", tree.name(), PER_TREE, ms)
                .beside(new ControlRow.Beside(sides.getFirst().name(), pairs, 0, 0))
                .losses(ControlRow.difference(losses.get(side), losses.getFirst()))
                .note(
                    String.format(
                        Locale.ROOT,
                        "every %dth tree; arena %d bytes, all that a step reserves %d, %d kernels",
                        ABLATION_STRIDE,
                        tree.memory().arenaBytes(),
                        tree.reserved(),
                        tree.compiled().kernels())));
      }
    } finally {
      sides.forEach(StagedTree::close);
    }
  }

  /// What is dispatched and allocated in a step, by the way that the program is run.
  public void counts() {
    Map<String, float[]> first = first();
    TreeWork some = work.every(Math.max(1, work.trees().size() / CALLBACK_TREES));
    try (TapeTree tape = new TapeTree(some, SHAPE, GateForm.APART, target);
        TapeTree merged = new TapeTree(some, SHAPE, GateForm.MERGED, target);
        CallbackTree plain = new CallbackTree(some, SHAPE);
        StagedTree staged = new StagedTree(some, SHAPE, TreeStaging.batched(), target)) {
      Counting c = new Counting(some, first, rows);
      for (TapeTree each : List.of(tape, merged)) {
        c.count(each, "operators dispatched", () -> each.counts().dispatches());
        c.count(each, "entries on the tape", () -> each.counts().recorded());
        c.heap(each);
      }
      c.count(plain, "operators dispatched", () -> plain.counters().ops());
      c.count(plain, "callbacks", () -> plain.counters().callbacks());
      c.count(plain, "arrays made", () -> plain.counters().arrays());
      // One executable runs; it holds its kernels bound, and looks nothing up.
      c.count(staged, "programs run", () -> 1);
      c.heap(staged);
    }
  }

  /// Whether nothing grows over many steps.
  public void steady() {
    Map<String, float[]> first = first();
    try (StagedTree staged = new StagedTree(work, SHAPE, TreeStaging.batched(), target)) {
      TreeEpoch epoch = new TreeEpoch(staged, work, first);
      epoch.prepare();
      epoch.run();
      long reserved = staged.reserved();
      HeapBytes heap = new HeapBytes();
      // As often again, until the virtual machine has compiled what it will.
      steps(staged, heap);
      long bytes = steps(staged, heap);
      String note = "%,d steps after as many".formatted(STEADY_STEPS);
      rows.accept(
          ControlRow.of("steady", staged.name(), "heap bytes over all steps", bytes)
              .within(0, 0)
              .note(note));
      rows.accept(
          ControlRow.of(
                  "steady",
                  staged.name(),
                  "growth of reserved memory, bytes",
                  staged.reserved() - reserved)
              .within(0, 0)
              .note("high-water mark %d bytes".formatted(staged.reserved())));
      long all =
          staged.memory().tensors().stream()
              .filter(t -> t.offset() >= 0)
              .mapToLong(t -> t.bytes())
              .sum();
      rows.accept(
          ControlRow.of(
                  "steady",
                  staged.name(),
                  "arena over sum of its buffers",
                  (double) staged.memory().arenaBytes() / all)
              .within(1, 1)
              .note("sum of buffers %d bytes".formatted(all)));
    }
  }

  /// Heap bytes of many steps, less what reading them takes.
  private long steps(TreeSide side, HeapBytes heap) {
    long idle = heap.now();
    long reading = heap.now() - idle;
    long before = heap.now();
    for (int step = 0; step < STEADY_STEPS; step++) {
      side.step(work.trees().get(step % work.trees().size()));
    }
    return heap.now() - before - reading;
  }
}
