package dev.retrograde.interp;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One run of a program: nodes in order, control ops block by block.
///
/// A block may run many times and then overwrites its values, which is right since it defines them
/// before it uses them. A call gets an environment of its own, with the program's inputs and state,
/// since a recursive function has several frames at a time.
final class Execution {
  private static final long LEVEL = 3_000;

  private final Program program;
  private final Map<Value, HostTensor> outer;

  /// What frames hold, by handle.
  private final List<List<HostTensor>> frames = new ArrayList<>();

  /// What kernels of a user's own mean.
  private final Map<Node, Block> references = new HashMap<>();

  private final long most;
  private int depth;

  /// Blocks that have not ended.
  private long levels;

  private Execution(Program program, Map<Value, HostTensor> given, long most) {
    this.program = program;
    this.outer = Map.copyOf(given);
    this.most = most;
  }

  /// Adds everything that the program computes to `env`, which holds its inputs and state.
  static void run(Program p, Map<Value, HostTensor> env) {
    run(p, env, Long.MAX_VALUE);
  }

  /// The same on a thread with this stack. A stack that runs out while a class is being linked
  /// leaves a broken class behind, so calls end before: a block that has not ended takes less than
  /// [#LEVEL] bytes of it, code that is not compiled yet included.
  static void run(Program p, Map<Value, HostTensor> env, long stack) {
    new Execution(p, env, stack / LEVEL).nodes(p.nodes(), env);
  }

  private void nodes(List<Node> nodes, Map<Value, HostTensor> env) {
    for (Node n : nodes) {
      List<HostTensor> in = all(env, n.operands());
      bind(n.results(), results(n, in, env), env);
    }
  }

  private List<HostTensor> results(Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    return switch (n.op()) {
      case ControlOp c ->
          switch (c) {
            case ControlOp.If i ->
                block(n.blocks().get(in.get(0).bits(0) != 0 ? 0 : 1), List.of(), env);
            case ControlOp.For f -> loop(f, n, in, env);
            case ControlOp.While w -> loop(w, n, in, env);
            case ControlOp.Scan s -> scan(s, n, in, env);
            case ControlOp.Call f -> call(f, in);
            case ControlOp.Region r -> block(n.blocks().get(0), in, env);
            case ControlOp.Foreign f -> evaluated(n, in, env);
            case ControlOp.Closed k -> closed(k, n, in, env);
          };
      case FrameOp f ->
          switch (f) {
            case FrameOp.Pack p -> List.of(pack(in));
            case FrameOp.Unpack u -> frames.get((int) in.get(0).bits(0));
          };
      case KernelOp.Kernel k -> block(reference(n, k), in, env);
      case TreeOp t -> new TreeWalk(n, in, (b, args) -> block(b, args, env)).run(t);
      default -> evaluated(n, in, env);
    };
  }

  /// Runs the op itself, with the captured operands under their names in the blocks.
  private List<HostTensor> closed(
      ControlOp.Closed k, Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    int own = in.size() - k.captured();
    List<Block> open = new ArrayList<>();
    for (Block b : n.blocks()) {
      int mine = b.params().size() - k.captured();
      bind(b.params().subList(mine, b.params().size()), in.subList(own, in.size()), env);
      open.add(new Block(b.params().subList(0, mine), b.nodes(), b.results()));
    }
    Node inner = new Node(k.op(), n.operands().subList(0, own), n.results(), open, n.origin());
    return results(inner, in.subList(0, own), env);
  }

  private Block reference(Node n, KernelOp.Kernel k) {
    return references.computeIfAbsent(
        n, x -> k.reference(x.operands().stream().map(Value::type).toList()));
  }

  private HostTensor pack(List<HostTensor> parts) {
    HostTensor handle = HostTensor.zeros(FrameOp.HANDLE);
    handle.setBits(0, frames.size());
    frames.add(parts);
    return handle;
  }

  private static List<HostTensor> evaluated(
      Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    return n.op().eval(in, n.results().stream().map(r -> resolve(r.type(), env)).toList());
  }

  private List<HostTensor> block(Block b, List<HostTensor> args, Map<Value, HostTensor> env) {
    levels++;
    bind(b.params(), args, env);
    nodes(b.nodes(), env);
    levels--;
    return all(env, b.results());
  }

  private List<HostTensor> loop(
      ControlOp.For f, Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    int trips = (int) in.get(0).bits(0);
    if (trips > f.bound()) {
      throw exceeded(n, f.bound());
    }
    List<HostTensor> carried = in.subList(1, in.size());
    for (int i = 0; i < trips; i++) {
      carried = block(n.blocks().get(0), with(i, carried), env);
    }
    return carried;
  }

  private List<HostTensor> loop(
      ControlOp.While w, Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    List<HostTensor> carried = in;
    for (int i = 0; block(n.blocks().get(0), carried, env).get(0).bits(0) != 0; i++) {
      if (i >= w.bound()) {
        throw exceeded(n, w.bound());
      }
      carried = block(n.blocks().get(1), carried, env);
    }
    return carried;
  }

  private List<HostTensor> scan(
      ControlOp.Scan s, Node n, List<HostTensor> in, Map<Value, HostTensor> env) {
    Block body = n.blocks().get(0);
    List<HostTensor> carried = in.subList(0, s.carried());
    List<HostTensor> xs = in.subList(s.carried(), in.size());
    List<HostTensor> ys = new ArrayList<>();
    for (Value y : n.results().subList(s.carried(), n.results().size())) {
      ys.add(HostTensor.zeros(resolve(y.type(), env)));
    }
    int trips = size(s.trips(), env);
    for (int k = 0; k < trips; k++) {
      int row = s.reverse() ? trips - 1 - k : k;
      List<HostTensor> args = with(row, carried);
      xs.forEach(x -> args.add(row(x, row)));
      List<HostTensor> out = block(body, args, env);
      carried = out.subList(0, s.carried());
      for (int i = 0; i < ys.size(); i++) {
        HostTensor y = out.get(s.carried() + i);
        for (int e = 0; e < y.size(); e++) {
          ys.get(i).setBits(row * y.size() + e, y.bits(e));
        }
      }
    }
    List<HostTensor> all = new ArrayList<>(carried);
    all.addAll(ys);
    return all;
  }

  private List<HostTensor> call(ControlOp.Call f, List<HostTensor> in) {
    Block b = program.functions().get(f.function());
    if (b == null) {
      throw new AssertionError("no function '" + f.function() + "' in " + program.name());
    }
    if (levels >= most) {
      throw new IllegalStateException(
          "function '"
              + f.function()
              + "' is "
              + depth
              + " calls deep, as deep as the stack allows; it needs a case that does not call"
              + " itself, or a run with a larger stack");
    }
    depth++;
    List<HostTensor> out = block(b, in, new HashMap<>(outer));
    depth--;
    return out;
  }

  private static IllegalStateException exceeded(Node n, int bound) {
    return new IllegalStateException(
        n.op().name() + " '" + n.origin() + "' runs more often than its bound of " + bound);
  }

  private static List<HostTensor> with(int i, List<HostTensor> carried) {
    List<HostTensor> args = new ArrayList<>();
    args.add(HostTensor.scalar(DType.I32, i));
    args.addAll(carried);
    return args;
  }

  private static HostTensor row(HostTensor x, int row) {
    HostTensor r = HostTensor.zeros(x.type().without(List.of(0)));
    for (int e = 0; e < r.size(); e++) {
      r.setBits(e, x.bits(row * r.size() + e));
    }
    return r;
  }

  private static void bind(
      List<Value> values, List<HostTensor> tensors, Map<Value, HostTensor> env) {
    for (int i = 0; i < values.size(); i++) {
      env.put(values.get(i), tensors.get(i));
    }
  }

  private static List<HostTensor> all(Map<Value, HostTensor> env, List<Value> values) {
    List<HostTensor> out = new ArrayList<>(values.size());
    for (Value v : values) {
      out.add(of(env, v));
    }
    return out;
  }

  /// The type with its run-time sizes filled in.
  static Type resolve(Type t, Map<Value, HostTensor> env) {
    return t.with(t.extents().stream().map(e -> Extent.of(size(e, env))).toList());
  }

  private static int size(Extent e, Map<Value, HostTensor> env) {
    return switch (e) {
      case Extent.Static s -> s.n();
      case Extent.Ragged r -> {
        int n = (int) of(env, r.count()).bits(0);
        if (n < 0 || n > r.capacity()) {
          throw new IllegalStateException(
              "count " + r.count() + " is " + n + ", expected 0 to " + r.capacity());
        }
        yield n;
      }
    };
  }

  static HostTensor of(Map<Value, HostTensor> env, Value v) {
    HostTensor t = env.get(v);
    if (t == null) {
      throw new AssertionError(v + " is used before it is made");
    }
    return t;
  }
}
