package dev.retrograde.pass;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.loop.Reg;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Decides which nodes are computed together and which values are stored.
///
/// Each elementwise node and reduction joins the latest group of its part of the step that has its
/// domain, comes after all that it reads, and shares something with it; products and convolutions
/// take elementwise nodes on their result as epilogue. A value read only by elementwise nodes of
/// other groups is stored, or computed again there, whichever moves less memory: storing costs one
/// and a half passes and a pass for each reader, computing again costs each reader the operands.
/// Views (reshape, transpose, slice, broadcast) never compute.
final class Fusion {
  private static final int MOST_NODES = 64;
  private static final int HEAVY = 14;
  private static final int FLOATING = 6;

  private final Program program;
  private final Counts counts;
  private final boolean fuse;
  private final boolean epilogues;
  private final List<Group> groups = new ArrayList<>();
  private final Map<Node, Group> groupOf = new HashMap<>();
  private final Map<Value, Node> maker = new HashMap<>();
  private final Map<Value, Set<Group>> inlineReaders = new LinkedHashMap<>();
  private final Set<Value> mustStore = new HashSet<>();
  private final Map<Group, Set<Value>> readBy = new HashMap<>();
  private final Set<Node> floating = new HashSet<>();

  /// @param counts how many rows of values are read
  Fusion(Program program, Counts counts, boolean fuse, boolean epilogues) {
    this.program = program;
    this.counts = counts;
    this.fuse = fuse;
    this.epilogues = epilogues;
  }

  List<Group> groups() {
    return groups;
  }

  Counts counts() {
    return counts;
  }

  @Nullable Node maker(Value v) {
    return maker.get(v);
  }

  @Nullable Group groupOf(Value v) {
    Node n = maker.get(v);
    return n == null ? null : groupOf.get(n);
  }

  static boolean reduces(Node n) {
    return n.op() instanceof ReduceOp.Reduce;
  }

  /// Nodes evaluated in place at an index: elementwise, windows that look up fixed places, and rows
  /// or elements looked up by an index.
  static boolean elementwise(Op op) {
    return op instanceof MapOp.Map
        || op instanceof WindowOp.WindowMax
        || op instanceof WindowOp.WindowPick
        || op instanceof WindowOp.WindowSum
        || op instanceof MoveOp.Gather
        || op instanceof OrderOp.Take;
  }

  /// Nodes that read their first operand at other places than their own: it has to be in memory.
  static boolean looksUp(Op op) {
    return op instanceof WindowOp || op instanceof MoveOp.Gather || op instanceof OrderOp.Take;
  }

  /// Nodes that are only another way to see their operand.
  static boolean view(Op op) {
    return op instanceof MoveOp.Reshape
        || op instanceof MoveOp.Transpose
        || op instanceof MoveOp.Broadcast
        || (op instanceof MoveOp.Slice);
  }

  static boolean viewNode(Node n) {
    return view(n.op()) && n.operands().size() == 1;
  }

  /// Nodes evaluated in place that read nothing stored.
  static boolean constant(Op op) {
    return op instanceof MoveOp.Fill || op instanceof MoveOp.Iota;
  }

  static boolean inlined(Node n) {
    return viewNode(n) || constant(n.op()) || n.op() instanceof MoveOp.Literal || padInline(n);
  }

  /// Padding without interior is a guarded read.
  static boolean padInline(Node n) {
    return n.op() instanceof MoveOp.Pad p && p.interior().stream().allMatch(i -> i == 0);
  }

  void run() {
    for (Node n : program.nodes()) {
      n.results().forEach(v -> maker.put(v, n));
      if (inlined(n)) {
        continue;
      }
      if (fuse && floats(n)) {
        floating.add(n);
        continue;
      }
      if (fuse && (elementwise(n.op()) || reduces(n)) && supported(n)) {
        join(n);
      } else {
        open(n);
      }
    }
    if (fuse) {
      mergeGroups();
    }
    collectReaders();
    decideStores();
    if (fuse) {
      mergeReductions();
    }
  }

  /// Joins reductions over one domain that read the same large value, so that it is walked once.
  private void mergeReductions() {
    for (int i = 0; i < groups.size(); i++) {
      Group a = groups.get(i);
      if (a.kind != Group.Kind.LOOP || a.reduced == null) {
        continue;
      }
      Set<Value> mine = storedReads(a);
      for (int j = i + 1; j < Math.min(groups.size(), i + 8); j++) {
        Group b = groups.get(j);
        if (b.kind != Group.Kind.LOOP
            || !a.domain.equals(b.domain)
            || b.reduced == null
            || !sameSums(a, b)
            || a.phase != b.phase
            || a.epoch != b.epoch
            || a.nodes.size() + b.nodes.size() > MOST_NODES) {
          continue;
        }
        Set<Value> theirs = storedReads(b);
        boolean ready =
            theirs.stream()
                .allMatch(v -> {
                  Group g = groupOf(v);
                  return g == null || g.position < a.position;
                });
        boolean shares =
            theirs.stream()
                .anyMatch(v -> mine.contains(v) && v.type().size() * 4 >= size(a.domain));
        if (ready && shares) {
          a.nodes.addAll(b.nodes);
          a.stored.addAll(b.stored);
          for (Node n : b.nodes) {
            groupOf.put(n, a);
          }
          groups.remove(j);
          mine.addAll(theirs);
          j--;
        }
      }
    }
  }

  /// Everything in memory that computing a group reads.
  private Set<Value> storedReads(Group g) {
    Set<Value> out = new HashSet<>();
    Set<Value> seen = new HashSet<>();
    for (Node n : g.nodes) {
      n.operands().forEach(v -> storedReads(v, g, out, seen));
    }
    return out;
  }

  private void storedReads(Value v, Group reader, Set<Value> out, Set<Value> seen) {
    if (!seen.add(v)) {
      return;
    }
    Node n = maker.get(v);
    if (n != null && (constant(n.op()) || n.op() instanceof MoveOp.Literal)) {
      return;
    }
    Group g = n == null ? null : groupOf.get(n);
    boolean compute =
        n != null
            && (viewNode(n)
                || padInline(n)
                || floating.contains(n)
                || (g != null
                    && n.op() instanceof MapOp.Map
                    && (g == reader || !g.stored.contains(v))));
    if (compute) {
      java.util.Objects.requireNonNull(n)
          .operands()
          .forEach(o -> storedReads(o, reader, out, seen));
    } else {
      out.add(v);
    }
  }

  /// Joins a loop group to an earlier one over the same domain whose values it reads, where all
  /// else that it reads is there by then. Across parts of the step only where everything it makes
  /// leaves the program, so that no lifetime grows.
  private void mergeGroups() {
    Set<Value> results = new HashSet<>(program.results());
    Map<Value, List<Node>> users = new HashMap<>();
    for (Node n : program.nodes()) {
      n.operands().forEach(v -> users.computeIfAbsent(v, x -> new ArrayList<>()).add(n));
    }
    int before;
    do {
      // Again until nothing changes: a group that has grown may now fit an earlier one.
      before = groups.size();
      mergeOnce(results, users);
    } while (groups.size() < before);
  }

  private void mergeOnce(Set<Value> results, Map<Value, List<Node>> users) {
    for (Group b : List.copyOf(groups)) {
      if (b.kind != Group.Kind.LOOP) {
        continue;
      }
      Map<Group, Boolean> from = new LinkedHashMap<>();
      for (Node n : b.nodes) {
        Map<Value, Boolean> reads = new LinkedHashMap<>();
        boolean window = looksUp(n.op());
        n.operands().forEach(v -> bases(v, !window, reads));
        reads.forEach((v, direct) -> {
          Node m = maker.get(v);
          Group g = m == null ? null : groupOf.get(m);
          if (m != null && g != null && g != b) {
            from.merge(g, direct && sameIndex(g, m, b.domain), Boolean::logicalAnd);
          }
        });
      }
      Group a = null;
      for (Group g : from.keySet()) {
        a = a == null || g.position > a.position ? g : a;
      }
      if (a == null
          || a.kind != Group.Kind.LOOP
          || !Boolean.TRUE.equals(from.get(a))
          || !a.domain.equals(b.domain)
          || a.nodes.size() + b.nodes.size() > MOST_NODES
          || !sameSums(a, b)) {
        continue;
      }
      boolean samePart = a.phase == b.phase && a.epoch == b.epoch;
      if (!samePart && !leaves(b, results, users)) {
        continue;
      }
      a.nodes.addAll(b.nodes);
      for (Node n : b.nodes) {
        groupOf.put(n, a);
      }
      if (a.reduced == null) {
        a.reduced = b.reduced;
      }
      groups.remove(b);
    }
  }

  /// Whether every value of the group is a result of the program or read only inside the group.
  private boolean leaves(Group b, Set<Value> results, Map<Value, List<Node>> users) {
    for (Node m : b.nodes) {
      for (Value v : m.results()) {
        for (Node n : users.getOrDefault(v, List.of())) {
          if (groupOf.get(n) != b) {
            return false;
          }
        }
      }
    }
    return b.nodes.stream().anyMatch(n -> n.results().stream().anyMatch(results::contains));
  }

  /// Short elementwise nodes of the update that read only state, inputs and each other wait for
  /// whoever reads them and are computed there, so that they do not tie their reader to a place.
  private boolean floats(Node n) {
    if (!(n.op() instanceof MapOp.Map m)
        || n.origin().phase() != dev.retrograde.ir.Origin.Phase.UPDATE
        || m.code().lowered().instrs().size() > FLOATING) {
      return false;
    }
    Map<Value, Boolean> reads = new LinkedHashMap<>();
    n.operands().forEach(v -> bases(v, true, reads));
    return reads.keySet().stream().allMatch(v -> maker.get(v) == null);
  }

  /// Whether kernels can be written for it; everything else runs on the heap.
  static boolean supported(Node n) {
    for (Value v : n.operands()) {
      if (v.type().ragged()) {
        return false;
      }
    }
    for (Value v : n.results()) {
      if (v.type().ragged()) {
        return false;
      }
    }
    return !Outline.controls(n);
  }

  private void open(Node n) {
    Group.Kind kind;
    List<Integer> domain = n.results().isEmpty() ? List.of() : n.result().type().dims();
    if (!supported(n)) {
      kind = Group.Kind.HOST;
    } else if (elementwise(n.op())) {
      kind = Group.Kind.LOOP;
    } else if (reduces(n)) {
      kind = Group.Kind.LOOP;
      domain = n.operand(0).type().dims();
    } else if (contraction(n)) {
      kind = Group.Kind.CONTRACTION;
    } else if (n.op() instanceof WindowOp
        || n.op() instanceof MoveOp.Pad
        || n.op() instanceof MoveOp.Concat
        || n.op() instanceof ReduceOp.CumulativeSum) {
      kind = Group.Kind.MOVE;
    } else {
      kind = Group.Kind.HOST;
    }
    Group g = new Group(kind, groups.size(), n, domain);
    if (n.op() instanceof ReduceOp.Reduce r) {
      g.reduced = r.axes();
    }
    groups.add(g);
    groupOf.put(n, g);
  }

  /// Sums of products that have schedules of their own.
  static boolean contraction(Node n) {
    return n.op() instanceof LinearOp || n.op() instanceof BitOp;
  }

  /// Values stored somewhere that computing `v` at one index reads, through views and constants but
  /// not through elementwise nodes.
  private void bases(Value v, boolean direct, Map<Value, Boolean> out) {
    Node n = maker.get(v);
    if (n != null && (viewNode(n) || padInline(n))) {
      bases(n.operand(0), false, out);
    } else if (n != null && floating.contains(n)) {
      n.operands().forEach(o -> bases(o, direct, out));
    } else if (n == null || !constant(n.op())) {
      out.merge(v, direct, Boolean::logicalAnd);
    }
  }

  private void join(Node n) {
    List<Integer> domain = reduces(n) ? n.operand(0).type().dims() : n.result().type().dims();
    Map<Value, Boolean> reads = new LinkedHashMap<>();
    boolean windows = looksUp(n.op());
    n.operands().forEach(v -> bases(v, !windows, reads));
    int least = 0;
    for (Map.Entry<Value, Boolean> r : reads.entrySet()) {
      Node m = maker.get(r.getKey());
      if (m == null || m.op() instanceof MoveOp.Literal) {
        continue;
      }
      Group g = java.util.Objects.requireNonNull(groupOf.get(m));
      boolean same = r.getValue() && sameIndex(g, m, domain);
      least = Math.max(least, same ? g.position : g.position + 1);
    }
    for (int i = groups.size() - 1; i >= least; i--) {
      if (accepts(groups.get(i), n, domain, reads)) {
        Group g = groups.get(i);
        g.nodes.add(n);
        groupOf.put(n, g);
        readBy.computeIfAbsent(g, x -> new HashSet<>()).addAll(reads.keySet());
        if (n.op() instanceof ReduceOp.Reduce r) {
          g.reduced = r.axes();
        }
        return;
      }
    }
    open(n);
    readBy
        .computeIfAbsent(java.util.Objects.requireNonNull(groupOf.get(n)), x -> new HashSet<>())
        .addAll(reads.keySet());
  }

  /// Whether a value of node m in group g can be read at the same index while g runs.
  private boolean sameIndex(Group g, Node m, List<Integer> domain) {
    if (!g.domain.equals(domain)) {
      return false;
    }
    return switch (g.kind) {
      case LOOP -> !reduces(m);
      case CONTRACTION -> epilogues;
      case MOVE, HOST -> false;
    };
  }

  private boolean accepts(Group g, Node n, List<Integer> domain, Map<Value, Boolean> reads) {
    if (!samePart(g, n)
        || g.epoch != n.origin().epoch()
        || !g.domain.equals(domain)
        || g.nodes.size() >= MOST_NODES) {
      return false;
    }
    if (g.kind == Group.Kind.CONTRACTION) {
      return epilogues
          && n.op() instanceof MapOp.Map
          && !addsLater(java.util.Objects.requireNonNull(g.root))
          && !widens(n, java.util.Objects.requireNonNull(g.root))
          && reads.entrySet().stream()
              .anyMatch(r -> r.getValue() && g.nodes.contains(maker.get(r.getKey())));
    }
    if (g.kind != Group.Kind.LOOP) {
      return false;
    }
    if (n.op() instanceof ReduceOp.Reduce r && !takes(g, r.axes(), n)) {
      return false;
    }
    for (Value v : reads.keySet()) {
      Node m = maker.get(v);
      if (m != null && groupOf.get(m) == g) {
        return true;
      }
      if (v.type().size() > 1
          && v.type().size() * 4 >= size(domain)
          && readBy.getOrDefault(g, Set.of()).contains(v)) {
        return true;
      }
    }
    return false;
  }

  /// Whether parts of a sum are added by another kernel, which has its total in a wider type than
  /// the result's: what reads the result reads it from memory.
  private static boolean addsLater(Node product) {
    DType d = product.result().type().dtype();
    return product.op() instanceof LinearOp.ConvFilterGrad && Reg.widened(d) != d;
  }

  /// Whether a node reads or makes elements wider than a product's, which would leave its kernel
  /// fewer lanes.
  private static boolean widens(Node n, Node product) {
    int own = product.result().type().dtype().bytes();
    return Stream.concat(n.operands().stream(), n.results().stream())
        .anyMatch(v -> v.type().dtype().bytes() > own);
  }

  /// Whether a reduction over these axes keeps its order of sums in a group.
  private static boolean takes(Group g, List<Integer> axes, Node n) {
    return g.reduced == null
        || (g.reduced.equals(axes)
            && g.nodes.stream()
                .filter(Fusion::reduces)
                .allMatch(m -> LoopSchedule.alike(m, n, size(g.domain))));
  }

  /// Whether all reductions of two groups over one domain keep their orders together.
  private static boolean sameSums(Group a, Group b) {
    return b.nodes.stream()
        .filter(Fusion::reduces)
        .allMatch(n -> takes(a, java.util.Objects.requireNonNull(b.reduced), n));
  }

  /// A gradient's product may finish with the update that takes it: the gradient then never exists
  /// in memory.
  private static boolean samePart(Group g, Node n) {
    return g.phase == n.origin().phase()
        || (g.kind == Group.Kind.CONTRACTION
            && g.phase == dev.retrograde.ir.Origin.Phase.BACKWARD
            && n.origin().phase() == dev.retrograde.ir.Origin.Phase.UPDATE);
  }

  static long size(List<Integer> dims) {
    long n = 1;
    for (int d : dims) {
      n *= d;
    }
    return n;
  }

  private void collectReaders() {
    mustStore.addAll(base(program.results()));
    for (Node n : program.nodes()) {
      mustStore.addAll(base(List.copyOf(counts.of(n.results()))));
      Group g = groupOf.get(n);
      if (g == null) {
        continue;
      }
      boolean inline =
          g.kind == Group.Kind.LOOP || (g.kind == Group.Kind.CONTRACTION && g.root != n);
      for (int k = 0; k < n.operands().size(); k++) {
        boolean window = looksUp(n.op()) && k == 0;
        Map<Value, Boolean> reads = new LinkedHashMap<>();
        bases(n.operand(k), true, reads);
        for (Map.Entry<Value, Boolean> r : reads.entrySet()) {
          Value v = r.getKey();
          Node m = maker.get(v);
          if (m == null || m.op() instanceof MoveOp.Literal) {
            continue;
          }
          if (!inline || window || nonUnitReshape(n.operand(k))) {
            if (groupOf.get(m) != g || !r.getValue()) {
              mustStore.add(v);
            }
          } else if (groupOf.get(m) != g) {
            inlineReaders.computeIfAbsent(v, x -> new HashSet<>()).add(g);
          } else if (!r.getValue()) {
            throw new AssertionError(n + " reads " + v + " of its own group through a view");
          }
        }
      }
    }
  }

  private Set<Value> base(List<Value> values) {
    Set<Value> out = new HashSet<>();
    for (Value v : values) {
      Map<Value, Boolean> reads = new LinkedHashMap<>();
      bases(v, true, reads);
      out.addAll(reads.keySet());
    }
    return out;
  }

  /// Whether the chain of views above the base regroups axes, which only stored elements can serve.
  private boolean nonUnitReshape(Value v) {
    Node n = maker.get(v);
    while (n != null && (viewNode(n) || padInline(n))) {
      if (n.op() instanceof MoveOp.Reshape
          && !withoutOnes(n.operand(0).type().dims())
              .equals(withoutOnes(n.result().type().dims()))) {
        return true;
      }
      n = maker.get(n.operand(0));
    }
    return false;
  }

  static List<Integer> withoutOnes(List<Integer> dims) {
    return dims.stream().filter(d -> d != 1).toList();
  }

  /// Where several values of an epilogue are read elsewhere, stores the last value that all of them
  /// come from: readers make the rest from it, where else each would be stored.
  private void shareEpilogues() {
    for (Group g : groups) {
      if (g.kind != Group.Kind.CONTRACTION) {
        continue;
      }
      List<Value> read = new ArrayList<>();
      for (Node n : g.nodes) {
        for (Value v : n.results()) {
          if (inlineReaders.containsKey(v) && !mustStore.contains(v)) {
            read.add(v);
          }
        }
      }
      if (read.size() < 2) {
        continue;
      }
      for (int i = g.nodes.size() - 1; i >= 0; i--) {
        Value m = g.nodes.get(i).result();
        if (read.stream().allMatch(v -> comesFrom(v, m, g, new HashMap<>()))) {
          mustStore.add(m);
          break;
        }
      }
    }
  }

  /// Whether computing v reads nothing of the group but m.
  private boolean comesFrom(Value v, Value m, Group g, Map<Value, Boolean> known) {
    Boolean before = known.get(v);
    if (before != null) {
      return before;
    }
    Node n = maker.get(v);
    boolean from;
    if (v == m || n == null) {
      from = true;
    } else if (groupOf.get(n) != g) {
      from = !viewNode(n) || comesFrom(n.operand(0), m, g, known);
    } else {
      from = n != g.root && n.operands().stream().allMatch(o -> comesFrom(o, m, g, known));
    }
    known.put(v, from);
    return from;
  }

  private void decideStores() {
    shareEpilogues();
    for (Node n : program.nodes()) {
      Group g = groupOf.get(n);
      if (g == null) {
        continue;
      }
      for (Value v : n.results()) {
        Set<Group> readers = inlineReaders.getOrDefault(v, Set.of());
        boolean map = n.op() instanceof MapOp.Map && (g.kind == Group.Kind.LOOP || g.root != n);
        boolean root = g.root == n && g.kind != Group.Kind.LOOP;
        if (g.kind == Group.Kind.HOST || g.kind == Group.Kind.MOVE || mustStore.contains(v)) {
          g.stored.add(v);
        } else if (reduces(n) || (root && g.kind != Group.Kind.CONTRACTION)) {
          g.stored.add(v);
        } else if (!readers.isEmpty()) {
          if (!map || !cheaper(n, v, readers)) {
            g.stored.add(v);
          }
        }
      }
      if (g.root == n
          && g.kind == Group.Kind.CONTRACTION
          && g.stored.isEmpty()
          && g.nodes.size() == 1) {
        g.stored.add(n.result());
      }
    }
  }

  /// Whether each reader should compute v again.
  private boolean cheaper(Node n, Value v, Set<Group> readers) {
    if (!fuse) {
      return false;
    }
    if (readers.stream().anyMatch(r -> size(r.domain) >= 4 * v.type().size())) {
      return false; // each element would be computed again many times
    }
    Set<Value> leaves = new HashSet<>();
    int[] cost = new int[1];
    if (!leaves(v, v.type().size(), leaves, cost, new HashSet<>())) {
      return false;
    }
    double again = readers.size() * (leaves.size() + (cost[0] > HEAVY ? 2.5 : 0));
    double store = 1.5 + readers.size();
    return again < store;
  }

  /// Gathers the large stored values that computing v reads, and its cost; false where it would
  /// read something that is not stored.
  private boolean leaves(Value v, long size, Set<Value> out, int[] cost, Set<Value> seen) {
    if (!seen.add(v)) {
      return true;
    }
    Node n = maker.get(v);
    if (n != null && (viewNode(n) || padInline(n))) {
      return leaves(n.operand(0), size, out, cost, seen);
    }
    if (n != null && (constant(n.op()) || n.op() instanceof MoveOp.Literal)) {
      return true;
    }
    if (n != null && floating.contains(n)) {
      boolean fine = true;
      for (Value o : n.operands()) {
        fine &= leaves(o, size, out, cost, seen);
      }
      return fine;
    }
    Group g = n == null ? null : groupOf.get(n);
    boolean compute =
        n != null
            && g != null
            && n.op() instanceof MapOp.Map
            && !g.stored.contains(v)
            && !mustStore.contains(v)
            && (g.kind == Group.Kind.LOOP || g.root != n);
    if (!compute) {
      if (v.type().size() * 4 >= size) {
        out.add(v);
      }
      return g == null || g.stored.contains(v);
    }
    Node made = java.util.Objects.requireNonNull(n);
    cost[0] += ((MapOp.Map) made.op()).code().lowered().instrs().size();
    boolean all = true;
    for (Value o : made.operands()) {
      all &= leaves(o, size, out, cost, seen);
    }
    return all;
  }
}
