package dev.retrograde.choice;

import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarCode.Arg;
import dev.retrograde.scalar.ScalarCode.Instr;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Parts the code of an elementwise node of backward in two: comparisons of forward values, which
/// can be made in the forward pass and kept as single bits, and the rest, which reads those bits.
/// The derivative of a relu, for one, reads of its value no more than whether it is above 0.
///
/// @param compare makes the bits
/// @param compared operands of `compare`, all of them forward values
/// @param rest the node's code on what is left of its operands, then the bits
/// @param remaining operands of `rest` before the bits
record Signs(ScalarCode compare, List<Value> compared, ScalarCode rest, List<Value> remaining) {

  /// The parts of a node; null if it compares none of these values.
  static @Nullable Signs of(Node n, Predicate<Value> forward) {
    if (!(n.op() instanceof MapOp.Map map) || n.operands().stream().noneMatch(forward)) {
      return null;
    }
    ScalarCode code = map.code().pruned();
    List<Boolean> only = onlyOf(code, n.operands().stream().map(forward::test).toList());
    List<Integer> cut = cut(code, only);
    if (cut.isEmpty()) {
      return null;
    }
    Trimmed compare = trim(new ScalarCode(code.params(), code.instrs(), cut), n.operands());
    List<DType> params = new ArrayList<>(code.params());
    cut.forEach(c -> params.add(DType.BOOL));
    ScalarCode.Builder b = new ScalarCode.Builder(params);
    int[] at = new int[code.instrs().size()];
    for (int i = 0; i < at.length; i++) {
      int bit = cut.indexOf(i);
      Instr x = code.instrs().get(i);
      at[i] =
          bit >= 0
              ? b.arg(code.params().size() + bit)
              : switch (x) {
                case Arg a -> b.arg(a.index());
                case ScalarCode.Const c -> b.bits(c.dtype(), c.bits());
                case ScalarCode.Cast c -> b.cast(c.dtype(), at[c.arg()]);
                case ScalarCode.Apply a ->
                    b.apply(a.fn(), a.args().stream().map(k -> at[k]).toList());
              };
    }
    ScalarCode full = b.build(code.results().stream().map(k -> at[k]).toList());
    List<Value> standIns = new ArrayList<>(n.operands());
    cut.forEach(c -> standIns.add(n.operand(0))); // only their number matters
    Trimmed rest = trim(full, standIns);
    return new Signs(
        compare.code,
        compare.operands,
        rest.code,
        rest.operands.subList(0, rest.operands.size() - cut.size()));
  }

  /// Whether the rest no longer reads a value.
  boolean frees(Value v) {
    return !remaining.contains(v);
  }

  /// Parameters of elementwise code that it compares with something else than a constant.
  static Set<Integer> comparedWithOthers(ScalarCode code) {
    ScalarCode pruned = code.pruned();
    List<Set<Integer>> read = new ArrayList<>();
    Set<Integer> out = new LinkedHashSet<>();
    for (Instr i : pruned.instrs()) {
      Set<Integer> own = new LinkedHashSet<>();
      if (i instanceof Arg a) {
        own.add(a.index());
      }
      ScalarCode.operands(i).forEach(x -> own.addAll(read.get(x)));
      read.add(own);
      boolean compares =
          i instanceof ScalarCode.Apply a
              && (a.fn() == Primitive.EQ
                  || a.fn() == Primitive.NE
                  || a.fn() == Primitive.LT
                  || a.fn() == Primitive.LE);
      if (compares && ScalarCode.operands(i).stream().noneMatch(x -> read.get(x).isEmpty())) {
        out.addAll(own);
      }
    }
    return out;
  }

  /// Which instructions depend on forward values and constants alone, and on one of the former.
  private static List<Boolean> onlyOf(ScalarCode code, List<Boolean> forward) {
    List<Boolean> only = new ArrayList<>();
    for (Instr i : code.instrs()) {
      only.add(
          switch (i) {
            case Arg a -> forward.get(a.index());
            case ScalarCode.Const _ -> false;
            case ScalarCode.Cast c -> only.get(c.arg());
            case ScalarCode.Apply a ->
                a.args().stream().anyMatch(only::get)
                    && a.args().stream()
                        .allMatch(
                            x -> only.get(x) || code.instrs().get(x) instanceof ScalarCode.Const);
          });
    }
    return only;
  }

  /// Truth values of forward values alone that something else reads.
  private static List<Integer> cut(ScalarCode code, List<Boolean> only) {
    Set<Integer> cut = new LinkedHashSet<>();
    for (int i = 0; i < code.instrs().size(); i++) {
      if (!only.get(i)) {
        ScalarCode.operands(code.instrs().get(i)).stream()
            .filter(x -> only.get(x) && code.instrs().get(x) instanceof ScalarCode.Apply)
            .filter(x -> code.instrs().get(x).dtype() == DType.BOOL)
            .forEach(cut::add);
      }
    }
    return List.copyOf(cut);
  }

  /// Code without parameters that it does not read, and the operands that are left.
  private record Trimmed(ScalarCode code, List<Value> operands) {}

  private static Trimmed trim(ScalarCode code, List<Value> operands) {
    ScalarCode pruned = code.pruned();
    int[] kept = new int[code.params().size()];
    List<DType> params = new ArrayList<>();
    List<Value> left = new ArrayList<>();
    Set<Integer> read = new java.util.TreeSet<>();
    pruned
        .instrs()
        .forEach(i -> {
          if (i instanceof Arg a) {
            read.add(a.index());
          }
        });
    for (int index : read) {
      kept[index] = params.size();
      params.add(code.params().get(index));
      left.add(operands.get(index));
    }
    List<Instr> instrs = new ArrayList<>();
    for (Instr i : pruned.instrs()) {
      instrs.add(i instanceof Arg a ? new Arg(kept[a.index()], a.dtype()) : i);
    }
    return new Trimmed(new ScalarCode(params, instrs, pruned.results()), left);
  }
}
