package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Trees for tests.
public record SampleTrees(List<Integer> left, List<Integer> right) {

  /// Up to `most` nodes; a node has no, one or two children.
  public static SampleTrees random(Random r, int most) {
    int want = 1 + r.nextInt(most);
    List<Integer> left = new ArrayList<>(List.of(-1));
    List<Integer> right = new ArrayList<>(List.of(-1));
    for (int tries = 0; tries < 20 * most && left.size() < want; tries++) {
      // Often the newest node, so that there are high trees too.
      int parent = r.nextInt(3) == 0 ? left.size() - 1 : r.nextInt(left.size());
      List<Integer> side = r.nextBoolean() ? left : right;
      if (side.get(parent) < 0) {
        side.set(parent, left.size());
        left.add(-1);
        right.add(-1);
      }
    }
    return new SampleTrees(left, right);
  }

  public static SampleTrees leaf() {
    return new SampleTrees(List.of(-1), List.of(-1));
  }

  /// A chain to the left, or to the right.
  public static SampleTrees chain(int n, boolean toTheLeft) {
    List<Integer> next = new ArrayList<>();
    List<Integer> none = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      next.add(i + 1 < n ? i + 1 : -1);
      none.add(-1);
    }
    return toTheLeft ? new SampleTrees(next, none) : new SampleTrees(none, next);
  }

  /// Every inner node has two children, all leaves are at one depth.
  public static SampleTrees full(int heights) {
    int n = (1 << heights) - 1;
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      left.add(2 * i + 1 < n ? 2 * i + 1 : -1);
      right.add(2 * i + 2 < n ? 2 * i + 2 : -1);
    }
    return new SampleTrees(left, right);
  }

  public int count() {
    return left.size();
  }

  /// The five inputs of a tree that is called `tree`.
  public Map<String, HostTensor> inputs(int nodes, int heights) {
    int[] l = padded(left, nodes);
    int[] r = padded(right, nodes);
    TreeLevels t = TreeLevels.of(l, r, count(), heights);
    Map<String, HostTensor> in = new HashMap<>();
    in.put("tree.left", whole(l));
    in.put("tree.right", whole(r));
    in.put("tree.order", whole(t.order()));
    in.put("tree.starts", whole(t.starts()));
    in.put("tree.levels", HostTensor.scalar(DType.I32, t.levels()));
    return in;
  }

  private static int[] padded(List<Integer> side, int n) {
    int[] out = new int[n];
    java.util.Arrays.fill(out, -1);
    for (int i = 0; i < side.size(); i++) {
      out[i] = side.get(i);
    }
    return out;
  }

  private static HostTensor whole(int[] v) {
    return HostTensor.fill(Type.of(DType.I32, v.length), i -> v[i]);
  }
}
