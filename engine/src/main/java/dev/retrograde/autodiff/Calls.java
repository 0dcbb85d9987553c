package dev.retrograde.autodiff;

import dev.retrograde.autodiff.Split.Seed;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reverse mode of `Call`. A function f gets two twins: `f.forward`, from the arguments to the
/// results and a frame, and `f.backward`, from the frame, the cotangents of results and the
/// cotangents so far of what f reads of the program's inputs and state, to the cotangents of
/// arguments and the latter's new sums.
///
/// Where f calls itself or another, the frame of the called one is a part of its own, so that
/// backward is as deep as forward. A function is differentiated together with all that it reaches.
/// Which arguments and results take part is found for the whole group by going over the bodies
/// until nothing is added; a recursive call is at first taken to reach nothing.
final class Calls {
  private final Context context;
  private final Emit emit;
  private final Map<String, Block> functions;
  private final Map<Request, Group> made = new HashMap<>();
  private @Nullable Group open;

  Calls(Context context, Emit emit) {
    this.context = context;
    this.emit = emit;
    this.functions = emit.functions();
  }

  /// What a call from outside a group asks for.
  private record Request(
      String function, List<Boolean> active, List<Boolean> arriving, List<Value> globals) {}

  /// What takes part of one function.
  private static final class Need {
    final String forward;
    final String backward;
    final boolean[] active;
    final boolean[] arriving;
    final boolean[] reached;

    /// Inputs and state that a cotangent may reach, and whether it does.
    final Map<Value, Boolean> globals = new LinkedHashMap<>();

    Need(String forward, String backward, int arguments, int results) {
      this.forward = forward;
      this.backward = backward;
      this.active = new boolean[arguments];
      this.arriving = new boolean[results];
      this.reached = new boolean[arguments];
    }

    List<Value> sums() {
      return globals.keySet().stream().filter(globals::get).toList();
    }
  }

  /// Functions that are differentiated together.
  private static final class Group {
    final Map<String, Need> needs = new LinkedHashMap<>();
    final boolean ordered;
    boolean changed;

    Group(boolean ordered) {
      this.ordered = ordered;
    }

    /// Notes what is so now.
    void mark(boolean[] flags, int at, boolean value) {
      changed |= value && !flags[at];
      flags[at] |= value;
    }
  }

  /// Whether all that is wanted got a cotangent.
  boolean back(Walk w, Node n, ControlOp.Call c) {
    List<Boolean> active = n.operands().stream().map(w::wants).toList();
    List<Boolean> arriving = n.results().stream().map(r -> w.cotangent(r) != null).toList();
    List<Value> globals = globals(c.function());
    Group group = open;
    if (group == null) {
      Request r = new Request(c.function(), active, arriving, globals);
      group = made.get(r);
      if (group == null) {
        group = differentiate(r);
        made.put(r, group);
      }
    }
    return call(
        w, n, c, join(group, new Request(c.function(), active, arriving, globals)), group.ordered);
  }

  /// Notes that a function is called in this way.
  private Need join(Group g, Request r) {
    Need need = g.needs.get(r.function);
    if (need == null) {
      Block b = context.captures().body(r.function);
      Need added =
          new Need(
              fresh(r.function + ".forward"),
              fresh(r.function + ".backward"),
              b.params().size(),
              b.results().size());
      r.globals.forEach(v -> added.globals.put(v, false));
      g.needs.put(r.function, added);
      need = added;
      g.changed = true;
    }
    for (int a = 0; a < r.active.size(); a++) {
      g.mark(need.active, a, r.active.get(a));
    }
    for (int k = 0; k < r.arriving.size(); k++) {
      g.mark(need.arriving, k, r.arriving.get(k));
    }
    return need;
  }

  /// Inputs and state of a function that a cotangent may reach, or their ledgers.
  private List<Value> globals(String function) {
    return context.captures().globals(function).stream()
        .filter(v -> context.roots().contains(v) && Activity.floats(v))
        .flatMap(v -> context.ledgers().names(v).stream())
        .toList();
  }

  private String fresh(String name) {
    String out = name;
    for (int i = 2; functions.containsKey(out); i++) {
      out = name + i;
    }
    return out;
  }

  private Group differentiate(Request r) {
    Group g = new Group(context.captures().reached(r.function).stream().anyMatch(this::ordered));
    open = g;
    join(g, r);
    do {
      g.changed = false;
      for (String f : List.copyOf(g.needs.keySet())) {
        Block b = context.captures().body(f);
        Need need = Objects.requireNonNull(g.needs.get(f));
        Seeds seeds = seeds(need);
        learn(g, need, b, split(b, need, seeds), seeds);
      }
    } while (g.changed);
    g.needs.forEach(this::emit);
    open = null;
    return g;
  }

  /// Whether a rule in a function calls ordered Java code.
  private boolean ordered(String function) {
    return ordered(context.captures().body(function));
  }

  private static boolean ordered(Block b) {
    return b.nodes().stream()
        .anyMatch(n ->
            n.op() instanceof ControlOp.Region
                    && n.blocks().get(1).nodes().stream().anyMatch(x -> !x.pure())
                || n.blocks().stream().anyMatch(Calls::ordered));
  }

  /// Parameters that stand for cotangents: of results that arrive, of inputs and state so far.
  private record Seeds(List<Value> arriving, Map<Value, Value> sums) {}

  private Seeds seeds(Need need) {
    Map<Value, Value> sums = new LinkedHashMap<>();
    need.globals.keySet().forEach(v -> sums.put(v, emit.parameter(v.type())));
    return new Seeds(new ArrayList<>(), sums);
  }

  private Split split(Block b, Need need, Seeds seeds) {
    List<Seed> all = new ArrayList<>();
    seeds.sums.forEach((v, sum) -> all.add(new Seed(v, sum)));
    for (int k = 0; k < need.arriving.length; k++) {
      if (need.arriving[k]) {
        Value r = b.results().get(k);
        seeds.arriving.add(emit.parameter(r.type()));
        all.add(new Seed(r, seeds.arriving.getLast()));
      }
    }
    List<Value> wrt = new ArrayList<>(need.globals.keySet());
    for (int a = 0; a < need.active.length; a++) {
      if (need.active[a]) {
        wrt.add(b.params().get(a));
      }
    }
    Emit forward = emit.nested();
    Emit back = emit.nested();
    forward.origin(Origin.NONE);
    back.origin(Origin.NONE.with(Origin.Phase.BACKWARD));
    return Split.of(context, forward, back, b, Split.Ask.of(all, wrt));
  }

  private static void learn(Group g, Need need, Block b, Split s, Seeds seeds) {
    for (int a = 0; a < need.active.length; a++) {
      g.mark(need.reached, a, need.active[a] && s.found().containsKey(b.params().get(a)));
    }
    need.globals.replaceAll((v, reached) -> {
      boolean now = !Objects.equals(seeds.sums.get(v), s.found().get(v));
      g.changed |= now && !reached;
      return reached || now;
    });
  }

  /// Adds the twins of a function to the program.
  private void emit(String function, Need need) {
    Emit original = emit.nested();
    original.origin(Origin.NONE);
    Block b = new Cloner(original).block(context.captures().body(function));
    Seeds seeds = seeds(need);
    Split s = split(b, need, seeds);
    List<Value> results = new ArrayList<>();
    Emit e = emit.nested();
    e.origin(Origin.NONE.with(Origin.Phase.BACKWARD));
    Value frame = e.parameter(FrameOp.HANDLE);
    Emit zeros = emit.nested();
    for (int a = 0; a < need.reached.length; a++) {
      if (need.reached[a]) {
        Value p = b.params().get(a);
        Value c = s.found().get(p);
        results.add(c == null ? zeros.zeros(p.type()) : c);
      }
    }
    need.sums().forEach(v -> results.add(s.found().getOrDefault(v, seeds.sums.get(v))));
    s.keep(results);
    List<Value> residuals = s.residuals(List.of());
    List<Value> parts =
        residuals.isEmpty()
            ? List.of()
            : e.addAll(new FrameOp.Unpack(Split.types(residuals)), List.of(frame), List.of());
    List<Value> params = new ArrayList<>(List.of(frame));
    params.addAll(seeds.arriving);
    need.sums().forEach(v -> params.add(seeds.sums.get(v)));
    e.nodes().addAll(zeros.nodes());
    List<Value> back = s.replay(e, Trip.pairs(residuals, parts), results);
    functions.put(need.forward, s.forward(List.of(), List.of(s.pack(residuals))));
    functions.put(need.backward, new Block(params, e.nodes(), back));
  }

  /// Calls the twins in the place of a function.
  private boolean call(Walk w, Node n, ControlOp.Call c, Need need, boolean ordered) {
    List<Integer> reached = new ArrayList<>();
    boolean all = Walk.all(List.copyOf(need.globals.keySet()), need.sums());
    for (int a = 0; a < need.reached.length; a++) {
      if (need.reached[a]) {
        reached.add(a);
      }
      all &= need.reached[a] || !w.wants(n.operand(a));
    }
    List<Value> sums = need.sums();
    if (reached.isEmpty() && sums.isEmpty()) {
      return false;
    }
    Value frame = w.forward().parameter(FrameOp.HANDLE);
    ControlOp.Call forward =
        new ControlOp.Call(
            need.forward, c.ordered(), Split.join(c.types(), List.of(FrameOp.HANDLE)));
    List<Value> results = Split.join(n.results(), List.of(frame));
    w.forward()
        .replace(n, List.of(new Node(forward, n.operands(), results, List.of(), n.origin())));
    List<Value> in = new ArrayList<>(List.of(frame));
    for (int k = 0; k < need.arriving.length; k++) {
      if (need.arriving[k]) {
        in.add(w.cotangentOrZeros(n.results().get(k)));
      }
    }
    sums.forEach(v -> in.add(w.cotangentOrZeros(v)));
    List<Type> types = new ArrayList<>();
    reached.forEach(a -> types.add(n.operand(a).type()));
    sums.forEach(v -> types.add(v.type()));
    List<Value> out =
        w.back().addAll(new ControlOp.Call(need.backward, ordered, types), in, List.of());
    for (int i = 0; i < sums.size(); i++) {
      w.put(sums.get(i), out.get(reached.size() + i));
    }
    for (int i = 0; i < reached.size(); i++) {
      Value x = n.operand(reached.get(i));
      if (w.wants(x)) {
        w.add(x, out.get(i));
      }
    }
    return all;
  }
}
