package dev.retrograde.jvm;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which registers and loop variables a stretch of a kernel reads and sets.
///
/// What a loop sets counts as set inside the loop only, because the verifier of the virtual machine
/// does not know that a loop runs at least once. A register is therefore *exposed* where it is read
/// without having been set before in the same loop or around it.
final class Flow {
  private final Constants constants;
  private final Set<Reg> exposed = new LinkedHashSet<>();
  private final Set<Reg> set = new LinkedHashSet<>();
  private final Map<Reg, Integer> reads = new HashMap<>();
  private final Set<Integer> vars = new LinkedHashSet<>();
  private Set<Reg> sure = new HashSet<>();

  private Flow(Constants constants) {
    this.constants = constants;
  }

  static Flow of(List<Item> items, Constants constants) {
    Flow f = new Flow(constants);
    f.walk(items);
    return f;
  }

  /// Registers read that were not surely set before.
  Set<Reg> exposed() {
    return exposed;
  }

  /// Registers set anywhere.
  Set<Reg> set() {
    return set;
  }

  /// Registers set on every path.
  Set<Reg> sure() {
    return sure;
  }

  /// How many statements read a register, those in called methods included.
  int reads(Reg r) {
    return reads.getOrDefault(r, 0);
  }

  /// Variables of loops around.
  Set<Integer> vars() {
    return vars;
  }

  private void walk(List<Item> items) {
    for (Item item : items) {
      switch (item) {
        case Item.Leaf leaf -> {
          for (Reg r : uses(leaf.stmt())) {
            if (!constants.holds(r)) {
              reads.merge(r, 1, Integer::sum);
              read(r);
            }
          }
          vars.addAll(vars(leaf.stmt()));
          if (leaf.stmt() instanceof Stmt.Let l) {
            write(l.to());
          }
        }
        case Item.Loop loop -> {
          Set<Reg> before = sure;
          sure = new HashSet<>(before);
          boolean outside = vars.contains(loop.var());
          walk(loop.body());
          if (!outside) {
            vars.remove(loop.var());
          }
          sure = before;
        }
        case Item.Call call -> {
          call.part().in().forEach(this::read);
          call.part().more().forEach(this::read);
          vars.addAll(call.part().vars());
          call.part().out().forEach(this::write);
          count(call.part().body());
        }
      }
    }
  }

  private void count(List<Item> items) {
    for (Item item : items) {
      switch (item) {
        case Item.Leaf leaf -> uses(leaf.stmt()).forEach(r -> reads.merge(r, 1, Integer::sum));
        case Item.Loop loop -> count(loop.body());
        case Item.Call call -> count(call.part().body());
      }
    }
  }

  private void read(Reg r) {
    if (!sure.contains(r)) {
      exposed.add(r);
    }
  }

  private void write(Reg r) {
    set.add(r);
    sure.add(r);
  }

  /// Registers that a statement reads, in order.
  static List<Reg> uses(Stmt s) {
    return switch (s) {
      case Stmt.For f -> throw new AssertionError("a loop is no single statement");
      case Stmt.Let l ->
          switch (l.code()) {
            case Code.Const k -> List.of();
            case Code.Load k -> some(null, k.mask());
            case Code.Gather k -> some(k.index(), k.mask());
            case Code.Apply k -> k.args();
            case Code.Cast k -> List.of(k.arg());
            case Code.Copy k -> List.of(k.arg());
            case Code.Index k -> List.of();
            case Code.First k -> List.of();
            case Code.Swap k -> List.of(k.arg());
          };
      case Stmt.Store t -> some(t.value(), t.mask());
    };
  }

  private static List<Reg> some(@Nullable Reg a, @Nullable Reg b) {
    List<Reg> out = new ArrayList<>(2);
    if (a != null) {
      out.add(a);
    }
    if (b != null) {
      out.add(b);
    }
    return out;
  }

  private static List<Integer> vars(Stmt s) {
    Affine a = affine(s);
    return a == null ? List.of() : a.terms().stream().map(Affine.Term::var).toList();
  }

  /// The place or index that a statement computes, or null.
  static @Nullable Affine affine(Stmt s) {
    return switch (s) {
      case Stmt.For f -> null;
      case Stmt.Store t -> t.to().at();
      case Stmt.Let l ->
          switch (l.code()) {
            case Code.Load k -> k.from().at();
            case Code.Gather k -> k.from().at();
            case Code.Index k -> k.value();
            case Code.Const k -> null;
            case Code.Apply k -> null;
            case Code.Cast k -> null;
            case Code.Copy k -> null;
            case Code.First k -> null;
            case Code.Swap k -> null;
          };
    };
  }

  /// The parameter whose buffer a statement touches, or -1.
  static int param(Stmt s) {
    return switch (s) {
      case Stmt.For f -> -1;
      case Stmt.Store t -> t.to().param();
      case Stmt.Let l ->
          switch (l.code()) {
            case Code.Load k -> k.from().param();
            case Code.Gather k -> k.from().param();
            case Code.Index k -> -1;
            case Code.Const k -> -1;
            case Code.Apply k -> -1;
            case Code.Cast k -> -1;
            case Code.Copy k -> -1;
            case Code.First k -> -1;
            case Code.Swap k -> -1;
          };
    };
  }
}
