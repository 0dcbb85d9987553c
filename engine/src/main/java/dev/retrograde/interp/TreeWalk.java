package dev.retrograde.interp;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// Runs the ops on trees node by node, whatever their form says: what they mean.
final class TreeWalk {
  private final Node node;
  private final List<HostTensor> in;
  private final BiFunction<Block, List<HostTensor>, List<HostTensor>> blocks;

  /// @param blocks runs a block on its arguments
  TreeWalk(
      Node node,
      List<HostTensor> in,
      BiFunction<Block, List<HostTensor>, List<HostTensor>> blocks) {
    this.node = node;
    this.in = in;
    this.blocks = blocks;
  }

  List<HostTensor> run(TreeOp op) {
    return switch (op) {
      case TreeOp.TreeFold f -> fold(f);
      case TreeOp.TreeUnfold u -> unfold(u);
      case TreeOp.NodeSum s -> sum();
    };
  }

  private List<HostTensor> fold(TreeOp.TreeFold f) {
    int states = f.states(node);
    List<HostTensor> init = in.subList(TreeOp.Shape.OPERANDS, in.size());
    List<HostTensor> out = zeros();
    for (int at = 0; at < end(); at++) {
      int i = whole(2, at);
      boolean leaf = at < whole(3, 1);
      List<HostTensor> args = args(i);
      for (int side = 0; side < 2 && !leaf; side++) {
        int child = whole(side, i);
        for (int k = 0; k < states; k++) {
          args.add(child < 0 ? init.get(k) : row(out.get(k), child));
        }
      }
      List<HostTensor> made = blocks.apply(node.blocks().get(leaf ? 0 : 1), args);
      for (int k = 0; k < made.size(); k++) {
        int table = k < states || leaf ? k : k + f.leafRows();
        write(out.get(table), i, made.get(k));
      }
    }
    return out;
  }

  private List<HostTensor> unfold(TreeOp.TreeUnfold u) {
    int states = u.states(node);
    List<HostTensor> given = new ArrayList<>();
    in.subList(TreeOp.Shape.OPERANDS, in.size()).forEach(t -> given.add(t.copy()));
    List<HostTensor> out = zeros();
    int rows = states + u.leafRows() + u.innerRows();
    int leafTerms = node.blocks().get(0).results().size() - u.leafRows();
    for (int at = end() - 1; at >= 0; at--) {
      int i = whole(2, at);
      boolean leaf = at < whole(3, 1);
      List<HostTensor> args = args(i);
      given.forEach(t -> args.add(row(t, i)));
      List<HostTensor> made = blocks.apply(node.blocks().get(leaf ? 0 : 1), args);
      int next = 0;
      for (int side = 0; side < 2 && !leaf; side++) {
        int child = whole(side, i);
        for (int k = 0; k < states; k++) {
          HostTensor to = child < 0 ? out.get(k) : given.get(k);
          add(to, Math.max(child, 0), made.get(next++));
        }
      }
      int table = leaf ? states : states + u.leafRows();
      for (int k = 0; k < (leaf ? u.leafRows() : u.innerRows()); k++) {
        write(out.get(table + k), i, made.get(next++));
      }
      for (int k = rows + (leaf ? 0 : leafTerms); next < made.size(); k++) {
        add(out.get(k), 0, made.get(next++));
      }
    }
    return out;
  }

  private List<HostTensor> sum() {
    List<HostTensor> out = zeros();
    for (int at = whole(1, 0); at < whole(2, 0); at++) {
      List<HostTensor> made = blocks.apply(node.blocks().get(0), args(whole(0, at)));
      for (int k = 0; k < made.size(); k++) {
        add(out.get(k), 0, made.get(k));
      }
    }
    return out;
  }

  /// Past the last position in `order`.
  private int end() {
    return whole(3, whole(4, 0));
  }

  private int whole(int operand, int at) {
    return (int) in.get(operand).bits(at);
  }

  private List<HostTensor> zeros() {
    List<HostTensor> out = new ArrayList<>();
    for (Value r : node.results()) {
      out.add(HostTensor.zeros(r.type()));
    }
    return out;
  }

  private static List<HostTensor> args(int i) {
    return new ArrayList<>(List.of(HostTensor.scalar(DType.I32, i)));
  }

  private static HostTensor row(HostTensor table, int i) {
    Type row = table.type().without(List.of(0));
    HostTensor r = HostTensor.zeros(row);
    for (int e = 0; e < r.size(); e++) {
      r.setBits(e, table.bits(i * r.size() + e));
    }
    return r;
  }

  private static void write(HostTensor table, int i, HostTensor row) {
    for (int e = 0; e < row.size(); e++) {
      table.setBits(i * row.size() + e, row.bits(e));
    }
  }

  private static void add(HostTensor table, int i, HostTensor row) {
    for (int e = 0; e < row.size(); e++) {
      int at = i * row.size() + e;
      if (table.dtype().isFloat()) {
        table.set(at, table.get(at) + row.get(e));
      } else {
        table.setWhole(at, table.bits(at) + row.bits(e));
      }
    }
  }
}
