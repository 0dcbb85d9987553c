package dev.retrograde.jvm;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Cuts a kernel into methods, because the virtual machine interprets methods of more than 8,000
/// bytes for ever.
///
/// From the inside out, a body that is too long becomes a row of calls, each of neighbouring
/// statements and whole loops that fit into one method; rows that are too long are cut again.
/// Lengths are estimated here; the caller measures what was printed and cuts finer if need be.
final class Cutter {
  /// Words of parameters; the virtual machine allows 255.
  private static final int MOST_WORDS = 200;

  private final Constants constants;
  private final int limit;
  private final Flow whole;
  private final List<Part> parts = new ArrayList<>();
  private final Map<Reg, Integer> scratch = new LinkedHashMap<>();
  private final List<Item> body;

  /// @param limit estimated bytes of a method
  Cutter(Kernel kernel, Constants constants, int limit) {
    this.constants = constants;
    this.limit = limit;
    List<Item> items = items(kernel.body());
    whole = Flow.of(items, constants);
    body = cut(items, List.of(0));
  }

  /// The body of the outermost loop.
  List<Item> body() {
    return body;
  }

  /// Methods that it calls.
  List<Part> parts() {
    return parts;
  }

  /// Where registers that leave a method lie in the scratch.
  Map<Reg, Integer> scratch() {
    return scratch;
  }

  private List<Item> items(List<Stmt> stmts) {
    List<Item> out = new ArrayList<>();
    for (Stmt s : stmts) {
      switch (s) {
        case Stmt.For f -> {
          if (f.extent() > 0) {
            out.add(new Item.Loop(f.var(), f.extent(), items(f.body())));
          }
        }
        case Stmt.Let l -> {
          if (!constants.holds(l.to())) {
            out.add(new Item.Leaf(l));
          }
        }
        case Stmt.Store t -> {
          if (t.count() > 0) {
            out.add(new Item.Leaf(t));
          }
        }
      }
    }
    return out;
  }

  private List<Item> cut(List<Item> items, List<Integer> around) {
    List<Item> row = new ArrayList<>();
    for (Item i : items) {
      if (i instanceof Item.Loop loop) {
        List<Integer> inner = new ArrayList<>(around);
        inner.add(loop.var());
        row.add(new Item.Loop(loop.var(), loop.extent(), cut(loop.body(), inner)));
      } else {
        row.add(i);
      }
    }
    int before = Integer.MAX_VALUE;
    while (length(row) > limit && row.size() < before) {
      before = row.size();
      row = group(row, around);
    }
    return row;
  }

  private List<Item> group(List<Item> row, List<Integer> around) {
    List<Item> out = new ArrayList<>();
    List<Item> chunk = new ArrayList<>();
    int length = 0;
    for (Item i : row) {
      int more = length(i);
      if (!chunk.isEmpty() && length + more > limit) {
        out.add(call(chunk, around));
        chunk = new ArrayList<>();
        length = 0;
      }
      chunk.add(i);
      length += more;
    }
    out.add(call(chunk, around));
    return out;
  }

  private Item call(List<Item> chunk, List<Integer> around) {
    if (chunk.size() == 1 && chunk.get(0) instanceof Item.Call c) {
      return c;
    }
    Flow flow = Flow.of(chunk, constants);
    Set<Reg> in = new LinkedHashSet<>(flow.exposed());
    List<Reg> out = new ArrayList<>();
    for (Reg r : flow.set()) {
      if (whole.reads(r) > flow.reads(r) || flow.exposed().contains(r)) {
        out.add(r);
        scratch.putIfAbsent(r, scratch.size());
        if (!flow.sure().contains(r)) {
          in.add(r);
        }
      }
    }
    List<Integer> vars = around.stream().filter(flow.vars()::contains).toList();
    int words = vars.size() + 2;
    List<Reg> passed = new ArrayList<>();
    List<Reg> more = new ArrayList<>();
    for (Reg r : in) {
      words += MethodPrinter.kind(r).slotSize();
      if (words <= MOST_WORDS) {
        passed.add(r);
      } else {
        more.add(r);
        scratch.putIfAbsent(r, scratch.size());
      }
    }
    Part p = new Part("part" + parts.size(), chunk, vars, passed, more, out);
    parts.add(p);
    return new Item.Call(p);
  }

  private static int length(List<Item> row) {
    int n = 0;
    for (Item i : row) {
      n += length(i);
    }
    return n;
  }

  private static int length(Item item) {
    return switch (item) {
      case Item.Loop loop -> 30 + length(loop.body());
      case Item.Call call ->
          10
              + 3 * call.part().in().size()
              + 10 * (call.part().more().size() + call.part().out().size());
      case Item.Leaf leaf ->
          switch (leaf.stmt()) {
            case Stmt.For f -> throw new AssertionError("a loop is no leaf");
            case Stmt.Store t -> 30 + (t.mask() == null ? 0 : 6);
            case Stmt.Let l ->
                switch (l.code()) {
                  case Code.Load k -> 32 + (k.mask() == null ? 0 : 8);
                  case Code.Gather k -> 38 + (k.mask() == null ? 0 : 8);
                  case Code.Apply k ->
                      switch (k.fn()) {
                        case LT, LE, EQ, NE, MIN, MAX, SELECT -> 18;
                        case ADD, SUB, MUL, DIV, FMA, NEG, ABS, SQRT, FLOOR, ROUND -> 12;
                        case AND, OR, XOR, NOT, SHL, SHR, USHR, POPCOUNT, BITS -> 12;
                      };
                  case Code.Index k -> 12;
                  case Code.Cast k -> 9;
                  case Code.Copy k -> 6;
                  case Code.Const k -> 5;
                  case Code.First k -> 5;
                  case Code.Swap k -> 6;
                };
          };
    };
  }
}
