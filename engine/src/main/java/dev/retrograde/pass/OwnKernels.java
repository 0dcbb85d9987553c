package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.loop.Kernel;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.LoopNest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Puts the reference form in the place of each kernel of a user's own that has no loop nest here.
/// Those that have one stay; [Lowering] launches their nest.
final class OwnKernels {
  private static final System.Logger LOG = System.getLogger("dev.retrograde.pass");

  private final Machine machine;
  private final boolean nests;
  private final Map<Value, Value> renamed = new HashMap<>();

  private OwnKernels(Machine machine, boolean nests) {
    this.machine = machine;
    this.nests = nests;
  }

  /// @param nests whether loop nests may be used at all
  static Program run(Program p, Machine machine, boolean nests) {
    if (Stream.concat(
            p.nodes().stream(), p.functions().values().stream().flatMap(f -> f.nodes().stream()))
        .noneMatch(OwnKernels::has)) {
      return p;
    }
    OwnKernels o = new OwnKernels(machine, nests);
    Emit e = p.emitter();
    p.nodes().forEach(n -> o.node(e, n, false));
    Map<String, Block> functions = new TreeMap<>();
    p.functions().forEach((name, f) -> functions.put(name, o.block(e, f, false)));
    return p.with(e.nodes(), o.renamed).with(functions);
  }

  private static boolean has(Node n) {
    return n.op() instanceof KernelOp
        || n.blocks().stream().anyMatch(b -> b.nodes().stream().anyMatch(OwnKernels::has));
  }

  /// @param tree whether it is computed for a node of a tree: those become rows of loops later,
  ///   which a nest for one node does not fit
  private void node(Emit e, Node n, boolean tree) {
    List<Value> operands = n.operands().stream().map(this::now).toList();
    boolean inTree = tree || n.op() instanceof TreeOp;
    List<Block> blocks = n.blocks().stream().map(b -> block(e, b, inTree)).toList();
    Node m = new Node(n.op(), operands, n.results(), blocks, n.origin());
    if (!(n.op() instanceof KernelOp.Kernel k) || (nests && !tree && nest(m, machine) != null)) {
      e.nodes().add(m);
      return;
    }
    Emit inner = e.nested();
    inner.origin(n.origin());
    List<Value> made = k.reference(inner, operands);
    inner.nodes().forEach(x -> node(e, x, tree));
    for (int i = 0; i < made.size(); i++) {
      renamed.put(n.results().get(i), now(made.get(i)));
    }
  }

  private Block block(Emit e, Block b, boolean tree) {
    Emit g = e.nested();
    b.nodes().forEach(n -> node(g, n, tree));
    return new Block(b.params(), g.nodes(), b.results().stream().map(this::now).toList());
  }

  private Value now(Value v) {
    return renamed.getOrDefault(v, v);
  }

  /// The loop nest of a kernel of a user's own, checked; null where it has none.
  static @Nullable Kernel nest(Node n, Machine machine) {
    if (!(n.op() instanceof KernelOp.Kernel k) || !(k.definition() instanceof LoopNest l)) {
      return null;
    }
    List<Type> in = n.operands().stream().map(Value::type).toList();
    List<Type> out = n.results().stream().map(Value::type).toList();
    if (Stream.concat(in.stream(), out.stream()).anyMatch(Type::ragged)) {
      return null;
    }
    return switch (l.nest(in, out, machine)) {
      case LoopNest.Written w -> {
        NestCheck.check(n, w.kernel(), machine);
        yield w.kernel();
      }
      case LoopNest.Refused r -> {
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0} ''{1}'' runs as its reference form: {2}",
            k.name(),
            n.origin(),
            r.because());
        yield null;
      }
    };
  }
}
