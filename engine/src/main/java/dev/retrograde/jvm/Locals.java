package dev.retrograde.jvm;

import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which local variable holds which register of one method. Registers that are never needed at the
/// same time share a variable, so that most of them have one of the 256 with short instructions.
///
/// Statements are numbered in order. A register is held from its first to its last statement; one
/// that is used inside and outside of a loop, or that goes round with it, is held for the whole
/// loop.
final class Locals {
  private final Constants constants;
  private final Map<Reg, Integer> slots = new LinkedHashMap<>();
  private int next;
  private int position;

  private static final class Span {
    private int first;
    private int last;
    private int outerFirst;
    private int outerLast;
    private boolean exposed;

    Span(int first, int last, boolean exposed) {
      this.first = first;
      this.last = last;
      this.outerFirst = first;
      this.outerLast = last;
      this.exposed = exposed;
    }

    void meet(int from, int to) {
      first = Math.min(Math.min(first, outerFirst), from);
      last = Math.max(Math.max(last, outerLast), to);
      outerFirst = first;
      outerLast = last;
    }
  }

  /// @param fixed registers that already have a variable: parameters
  /// @param early registers that are set before the first statement
  /// @param late registers that are read after the last statement
  /// @param firstFree first variable that is not taken
  Locals(
      List<Item> items,
      Constants constants,
      Map<Reg, Integer> fixed,
      Set<Reg> early,
      List<Reg> late,
      int firstFree) {
    this.constants = constants;
    this.next = firstFree;
    Map<Reg, Span> spans = walk(items);
    for (Reg r : early) {
      spans.computeIfAbsent(r, x -> new Span(-1, -1, false)).meet(-1, -1);
    }
    for (Reg r : late) {
      spans.computeIfAbsent(r, x -> new Span(position, position, false)).meet(position, position);
    }
    slots.putAll(fixed);
    allot(spans);
  }

  int slot(Reg r) {
    Integer s = slots.get(r);
    if (s == null) {
      throw new AssertionError(r + " is read before it is set");
    }
    return s;
  }

  /// First variable after those of registers.
  int firstFree() {
    return next;
  }

  private void allot(Map<Reg, Span> spans) {
    List<Map.Entry<Reg, Span>> order = new ArrayList<>(spans.entrySet());
    order.removeIf(e -> slots.containsKey(e.getKey()));
    order.sort(Comparator.comparingInt(e -> e.getValue().first));
    List<Map.Entry<Reg, Span>> held = new ArrayList<>();
    Deque<Integer> single = new ArrayDeque<>();
    Deque<Integer> pairs = new ArrayDeque<>();
    for (Map.Entry<Reg, Span> e : order) {
      held.removeIf(h -> {
        boolean over = h.getValue().last < e.getValue().first;
        if (over) {
          (MethodPrinter.kind(h.getKey()).slotSize() == 1 ? single : pairs)
              .push(slots.get(h.getKey()));
        }
        return over;
      });
      int size = MethodPrinter.kind(e.getKey()).slotSize();
      Integer slot = (size == 1 ? single : pairs).poll();
      if (slot == null) {
        slot = next;
        next += size;
      }
      slots.put(e.getKey(), slot);
      held.add(e);
    }
  }

  private Map<Reg, Span> walk(List<Item> items) {
    Map<Reg, Span> spans = new LinkedHashMap<>();
    for (Item item : items) {
      switch (item) {
        case Item.Leaf leaf -> {
          for (Reg r : Flow.uses(leaf.stmt())) {
            if (!constants.holds(r)) {
              touch(spans, r, true);
            }
          }
          if (leaf.stmt() instanceof Stmt.Let l) {
            touch(spans, l.to(), false);
          }
          position++;
        }
        case Item.Call call -> {
          call.part().in().forEach(r -> touch(spans, r, true));
          call.part().more().forEach(r -> touch(spans, r, true));
          call.part().out().forEach(r -> touch(spans, r, false));
          position++;
        }
        case Item.Loop loop -> {
          int from = position++;
          Map<Reg, Span> inner = walk(loop.body());
          int to = position++;
          inner.forEach((r, s) -> merge(spans, r, s, from, to));
        }
      }
    }
    return spans;
  }

  private void touch(Map<Reg, Span> spans, Reg r, boolean read) {
    Span s = spans.get(r);
    if (s == null) {
      spans.put(r, new Span(position, position, read));
    } else {
      s.meet(position, position);
    }
  }

  private static void merge(Map<Reg, Span> spans, Reg r, Span inner, int from, int to) {
    Span outer = spans.get(r);
    if (outer != null) {
      outer.meet(from, to);
      return;
    }
    if (inner.exposed) {
      inner.meet(from, to);
    }
    inner.outerFirst = from;
    inner.outerLast = to;
    spans.put(r, inner);
  }
}
