package dev.retrograde.jvm;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Affine.Term;
import dev.retrograde.loop.Kernel;
import java.lang.classfile.CodeBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The affine places and indices of one method. A sum over loop variables is built up from the
/// outermost variable to the innermost; the sum up to each variable is a local variable that is set
/// where the body of its loop begins. Places with equal sums share them, whatever their buffer.
final class Places {
  private final CodeBuilder c;
  private final Map<Integer, Integer> depth = new HashMap<>();
  private final Set<List<Term>> sums = new LinkedHashSet<>();
  private final Map<List<Term>, Integer> slots = new HashMap<>();

  /// @param vars variables of loops around the method, outermost first
  Places(CodeBuilder c, Kernel kernel, List<Item> items, List<Integer> vars) {
    this.c = c;
    for (int v : vars) {
      depth.put(v, depth.size());
    }
    gather(kernel, items, vars.size());
  }

  private void gather(Kernel kernel, List<Item> items, int level) {
    for (Item item : items) {
      switch (item) {
        case Item.Call call -> {}
        case Item.Loop loop -> {
          depth.put(loop.var(), level);
          gather(kernel, loop.body(), level + 1);
        }
        case Item.Leaf leaf -> {
          Affine a = Flow.affine(leaf.stmt());
          if (a != null) {
            int p = Flow.param(leaf.stmt());
            List<Term> all = terms(a, p < 0 ? 1 : kernel.params().get(p).bytes());
            for (int n = 1; n <= all.size(); n++) {
              sums.add(all.subList(0, n));
            }
          }
        }
      }
    }
  }

  private List<Term> terms(Affine a, int scale) {
    List<Term> out = new ArrayList<>();
    for (Term t : a.terms()) {
      if (t.factor() != 0) {
        if (!depth.containsKey(t.var())) {
          throw new AssertionError("i" + t.var() + " is used outside of its loop in " + a);
        }
        out.add(new Term(t.var(), t.factor() * scale));
      }
    }
    out.sort(Comparator.comparingInt(t -> depth.getOrDefault(t.var(), 0)));
    return List.copyOf(out);
  }

  /// Sets the sums that end with this variable; returns the first free local variable.
  int enter(int var, int slot, int free) {
    int next = free;
    for (List<Term> sum : sums) {
      Term last = sum.get(sum.size() - 1);
      if (last.var() != var) {
        continue;
      }
      List<Term> before = sum.subList(0, sum.size() - 1);
      Integer known = slots.get(before);
      if (!before.isEmpty() && known == null) {
        continue;
      }
      c.iload(slot).i2l();
      if (last.factor() != 1) {
        c.loadConstant(last.factor()).lmul();
      }
      if (known != null) {
        c.lload(known).ladd();
      }
      c.lstore(next);
      slots.put(sum, next);
      next += 2;
    }
    return next;
  }

  /// Forgets the sums that end with this variable.
  void leave(int var) {
    slots.keySet().removeIf(s -> s.get(s.size() - 1).var() == var);
  }

  /// Pushes a place in bytes.
  void bytes(Affine at, int scale) {
    List<Term> all = terms(at, scale);
    long constant = at.constant() * scale;
    if (all.isEmpty()) {
      c.loadConstant(constant);
      return;
    }
    c.lload(slot(all));
    if (constant != 0) {
      c.loadConstant(constant).ladd();
    }
  }

  /// Pushes an index, wrapped to an int.
  void index(Affine value) {
    List<Term> all = terms(value, 1);
    if (all.isEmpty()) {
      c.loadConstant((int) value.constant());
      return;
    }
    c.lload(slot(all)).l2i();
    if (value.constant() != 0) {
      c.loadConstant((int) value.constant()).iadd();
    }
  }

  private int slot(List<Term> sum) {
    Integer s = slots.get(sum);
    if (s == null) {
      throw new AssertionError("the sum " + sum + " has no local variable");
    }
    return s;
  }
}
