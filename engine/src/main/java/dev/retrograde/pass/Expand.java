package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Replaces some kinds of nodes by what they stand for. Random bits become elementwise arithmetic
/// on the key and the element's position, so that they fuse like anything else; bits are those of
/// the op's reference. Couplings and roundings to a grid become their scalar code, a sum in the
/// plain form. A region with a rule of its own becomes its forward part: its rule has been copied
/// into the backward pass by then.
final class Expand {
  private static final long MULTIPLIER = 0xD256D193L;
  private static final int WEYL = 0x9E3779B9;

  private Expand() {}

  static Program run(Program p) {
    if (Stream.concat(
            p.nodes().stream(), p.functions().values().stream().flatMap(f -> f.nodes().stream()))
        .noneMatch(Expand::expands)) {
      return p;
    }
    Emit e = p.emitter();
    Map<Value, Value> renamed = new HashMap<>();
    p.nodes().forEach(n -> expand(e, n, renamed));
    Map<String, Block> functions = new TreeMap<>();
    p.functions().forEach((name, f) -> functions.put(name, block(e, f, new HashMap<>())));
    return p.with(e.nodes(), renamed).with(functions);
  }

  private static boolean expands(Node n) {
    return n.op() instanceof ControlOp.Region
        || scalar(n) != null
        || (n.op() instanceof RandomOp.RandomBits && Fusion.supported(n))
        || n.blocks().stream().anyMatch(b -> b.nodes().stream().anyMatch(Expand::expands));
  }

  private static Block block(Emit e, Block b, Map<Value, Value> renamed) {
    Emit nested = e.nested();
    b.nodes().forEach(n -> expand(nested, n, renamed));
    List<Value> results = b.results().stream().map(v -> renamed.getOrDefault(v, v)).toList();
    return new Block(b.params(), nested.nodes(), results);
  }

  /// The code of an elementwise op that is a word for some, or null.
  private static @Nullable ScalarCode scalar(Node n) {
    return switch (n.op()) {
      case MapOp.Couple c -> c.code(n.result().type().dtype());
      case MapOp.Snap s -> s.code(n.result().type().dtype());
      default -> null;
    };
  }

  private static void expand(Emit e, Node n, Map<Value, Value> renamed) {
    List<Value> operands = n.operands().stream().map(v -> renamed.getOrDefault(v, v)).toList();
    if (n.op() instanceof RandomOp.RandomBits r && Fusion.supported(n)) {
      e.origin(n.origin());
      Node with = new Node(r, operands, n.results(), n.blocks(), n.origin());
      renamed.put(n.result(), bits(e, with, r));
    } else if (n.op() instanceof ControlOp.Region) {
      Block forward = n.blocks().get(0);
      for (int i = 0; i < operands.size(); i++) {
        renamed.put(forward.params().get(i), operands.get(i));
      }
      for (Node inner : forward.nodes()) {
        expand(
            e,
            new Node(inner.op(), inner.operands(), inner.results(), inner.blocks(), n.origin()),
            renamed);
      }
      for (int i = 0; i < n.results().size(); i++) {
        Value made = forward.results().get(i);
        renamed.put(n.results().get(i), renamed.getOrDefault(made, made));
      }
    } else {
      ScalarCode code = scalar(n);
      Op op = code == null ? n.op() : new MapOp.Map(code);
      List<Block> blocks = n.blocks().stream().map(b -> block(e, b, renamed)).toList();
      e.nodes().add(new Node(op, operands, n.results(), blocks, n.origin()));
    }
  }

  private static Value bits(Emit e, Node n, RandomOp.RandomBits r) {
    Value key = n.operand(0);
    Type t = n.result().type();
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Value one = e.add(new MoveOp.Slice(List.of(i), List.of(1), List.of(1)), key);
      in.add(e.broadcast(e.reshape(one, List.of()), t.extents(), List.of()));
    }
    if (t.rank() == 0) {
      in.set(0, e.reshape(in.get(0), List.of()));
      in.set(1, e.reshape(in.get(1), List.of()));
    }
    for (int a = 0; a < t.rank(); a++) {
      in.add(e.add(new MoveOp.Iota(t, a), new Value[0]));
    }
    List<DType> params = in.stream().map(v -> v.type().dtype()).toList();
    ScalarCode.Builder b = new ScalarCode.Builder(params);
    int at = b.constant(DType.I32, 0);
    for (int a = 0; a < t.rank(); a++) {
      at = b.add(b.mul(at, b.bits(DType.I32, t.dim(a))), b.arg(2 + a));
    }
    int seed = b.apply(Primitive.XOR, b.arg(0), b.bits(DType.I32, r.stream()));
    int low = at;
    int high = b.arg(1);
    int mask = b.bits(DType.I64, 0xffffffffL);
    for (int round = 0; round < 10; round++) {
      int product =
          b.mul(
              b.apply(Primitive.AND, b.cast(DType.I64, low), mask), b.bits(DType.I64, MULTIPLIER));
      int upper = b.cast(DType.I32, b.apply(Primitive.USHR, product, b.bits(DType.I64, 32)));
      int k = b.add(seed, b.bits(DType.I32, (int) (WEYL * (long) round)));
      low = b.apply(Primitive.XOR, b.apply(Primitive.XOR, upper, k), high);
      high = b.cast(DType.I32, product);
    }
    return e.add(new MapOp.Map(b.build(List.of(low))), in.toArray(Value[]::new));
  }
}
