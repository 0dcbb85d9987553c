package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The order of a convolution's two gradients, and the layout that lets it save memory.
///
/// Programs ask for the data gradient first. Taken in that order, the filter gradient finds the
/// image, its cotangent and the data gradient all alive. If the product of the filter gradient goes
/// first, the image is read for the last time by the data gradient, whose mask is the image's sign
/// where a rectifier made it; with the image's border, the data gradient is written over the image,
/// and what a normalisation makes of it for the convolution before over that.
///
/// Partial sums of the filter gradient stay alive meanwhile: adding them up comes after the data
/// gradient, since it may write new weights over the old ones, which the data gradient reads.
final class GradientOrder {
  private final Fusion fusion;
  private final Set<Group> late = new HashSet<>();
  private final Map<Value, Integer> last = new HashMap<>();

  GradientOrder(Fusion fusion) {
    this.fusion = fusion;
  }

  /// Whether the filter gradient should go before this data gradient, which it follows.
  boolean late(Group data, Group filter) {
    return late.contains(data) && pair(data, filter);
  }

  private static boolean pair(Group data, Group filter) {
    Node d = data.root;
    Node f = filter.root;
    return d != null
        && f != null
        && d.op() instanceof LinearOp.ConvDataGrad
        && f.op() instanceof LinearOp.ConvFilterGrad
        && f.operand(1) == d.operand(0)
        && Collections.disjoint(f.operands(), data.stored);
  }

  /// Moves steps `middle` to `rest` before steps `from` to `middle`, unless they use a buffer that
  /// those make.
  static void swap(List<Step> steps, int from, int middle, int rest) {
    Set<Buf> before = new HashSet<>();
    steps.subList(0, from).forEach(s -> before.addAll(s.buffers()));
    Set<Buf> made = new HashSet<>();
    steps.subList(from, middle).forEach(s -> made.addAll(s.buffers()));
    made.removeIf(b -> before.contains(b) || b.home != Buf.Home.ARENA);
    if (steps.subList(middle, rest).stream()
        .allMatch(s -> Collections.disjoint(s.buffers(), made))) {
      Collections.rotate(steps.subList(from, rest), rest - middle);
    }
  }

  /// Data gradients that are best stored with the border of an image that dies there.
  ///
  /// @param halos borders of values so far
  /// @param dense values that must have none
  Map<Value, int[]> borders(Map<Value, int[]> halos, Set<Value> dense) {
    Map<Value, int[]> out = new HashMap<>();
    findReaders();
    List<Group> groups = fusion.groups();
    for (int i = 0; i + 1 < groups.size(); i++) {
      Group g = groups.get(i);
      if (!pair(g, groups.get(i + 1)) || g.stored.size() != 1) {
        continue;
      }
      Value v = g.stored.iterator().next();
      Value image = java.util.Objects.requireNonNull(groups.get(i + 1).root).operand(0);
      int[] h = halos.get(image);
      if (h != null
          && v.type().equals(image.type())
          && g.nodes.stream().anyMatch(n -> n.operands().contains(image))
          && last(image) == i + 1
          && mayHave(v, h, halos, dense)) {
        out.put(v, h);
        late.add(g);
      }
    }
    return out;
  }

  /// Whether the last to read a value makes one of the same kind and border.
  private boolean passesOn(Value v, int[] h, Map<Value, int[]> halos) {
    int last = last(v);
    return last >= 0
        && fusion.groups().get(last).stored.stream()
            .anyMatch(w -> w.type().equals(v.type()) && Arrays.equals(halos.get(w), h));
  }

  private boolean mayHave(Value v, int[] h, Map<Value, int[]> halos, Set<Value> dense) {
    int[] has = halos.get(v);
    return has != null ? Arrays.equals(has, h) : !dense.contains(v) && passesOn(v, h, halos);
  }

  /// The last group that loads a value.
  private int last(Value v) {
    return last.getOrDefault(v, -1);
  }

  /// Finds what each group loads: its operands, or where those are not stored, what they are
  /// computed of.
  private void findReaders() {
    Set<Value> stored = new HashSet<>();
    fusion.groups().forEach(g -> stored.addAll(g.stored));
    for (int i = 0; i < fusion.groups().size(); i++) {
      Set<Value> seen = new HashSet<>();
      Deque<Value> open = new ArrayDeque<>();
      fusion.groups().get(i).nodes.forEach(n -> open.addAll(n.operands()));
      while (!open.isEmpty()) {
        Value v = open.pop();
        if (seen.add(v)) {
          last.put(v, i);
          Node n = fusion.maker(v);
          if (n != null && !stored.contains(v)) {
            open.addAll(n.operands());
          }
        }
      }
    }
  }
}
