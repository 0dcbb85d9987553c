package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Steps that fail in the middle.
class FaultTest {
  private static final Type VECTOR = Type.of(DType.F32, 4);

  /// A step of a program with a branch, a loop that ends by its data, and a recursion: gradients of
  /// two parameters, and an update of both.
  private static Program step() {
    return Trace.program(
        "step",
        true,
        t -> {
          Control c = new Control(t);
          Tensor x = t.input("x", VECTOR);
          Tensor w = t.state("w", Role.PARAMETER, Type.of(DType.F32, 4, 4), new Init.Normal(0, 1));
          Tensor b = t.state("b", Role.PARAMETER, VECTOR, new Init.Normal(0, 1));
          Callable f = c.function("f", false, List.of(Type.of(DType.I32), VECTOR), List.of(VECTOR));
          f.define(p ->
              c.cond(
                  t.less(p.get(0), t.constant(DType.I32, 1)),
                  () -> List.of(t.mul(p.get(1), b)),
                  () -> {
                    Tensor less = t.sub(p.get(0), t.constant(DType.I32, 1));
                    Tensor l = f.call(less, t.apply(Functions.TANH, t.matmul(w, p.get(1)))).get(0);
                    Tensor r = f.call(less, t.mul(p.get(1), 0.5)).get(0);
                    return List.of(t.add(t.mul(l, r), b));
                  }));
          Tensor y = f.call(t.constant(DType.I32, 2), x).get(0);
          List<Tensor> z =
              c.whileLoop(
                  6,
                  List.of(y, t.constant(DType.I32, 0)),
                  k -> t.less(k.get(1), t.constant(DType.I32, 4)),
                  k ->
                      List.of(
                          t.apply(Functions.TANH, t.add(t.matmul(w, k.get(0)), b)),
                          t.add(k.get(1), t.constant(DType.I32, 1))));
          Tensor loss = t.sum(t.mul(z.get(0), z.get(0)));
          t.phase(Phase.BACKWARD);
          Map<String, Value> wanted = Map.of("w", w.value(), "b", b.value());
          Map<String, Value> g =
              Reverse.gradients(t.emit(), t.nodes(), loss.value(), new TreeMap<>(wanted));
          g.forEach((name, v) -> t.output("d" + name, new Tensor(v)));
          t.phase(Phase.UPDATE);
          t.assign("w", t.sub(w, t.mul(new Tensor(value(g, "w")), 0.1)));
          t.assign("b", t.sub(b, t.mul(new Tensor(value(g, "b")), 0.1)));
        });
  }

  private static Value value(Map<String, Value> values, String name) {
    Value v = values.get(name);
    if (v == null) {
      throw new AssertionError("no gradient of " + name);
    }
    return v;
  }

  /// Throws at one call of many.
  private static final class Fuse implements ControlOp.Callback {
    private int left = Integer.MAX_VALUE;
    private int calls;

    @Override
    public HostTensor[] call(HostTensor[] operands) {
      calls++;
      if (left-- == 0) {
        throw new IllegalArgumentException("a kernel failed");
      }
      return new HostTensor[] {operands[0].copy()};
    }
  }

  /// Puts a call that hands its operand on behind one node of a program, wherever that is.
  private static final class Insertion {
    private final Fuse fuse;
    private final int at;
    private int seen;
    private int next;

    Insertion(Program p, Fuse fuse, int at) {
      this.fuse = fuse;
      this.at = at;
      this.next = p.emitter().ids().next();
    }

    Program run(Program p) {
      Map<Value, Value> renamed = new HashMap<>();
      List<Node> nodes = nodes(p.nodes(), renamed);
      Map<String, Block> functions = new TreeMap<>();
      p.functions().forEach((name, f) -> functions.put(name, block(f, new HashMap<>())));
      return p.with(nodes, renamed).with(functions);
    }

    private Block block(Block b, Map<Value, Value> outer) {
      Map<Value, Value> renamed = new HashMap<>(outer);
      List<Node> nodes = nodes(b.nodes(), renamed);
      List<Value> results = b.results().stream().map(v -> renamed.getOrDefault(v, v)).toList();
      return new Block(b.params(), nodes, results);
    }

    private List<Node> nodes(List<Node> nodes, Map<Value, Value> renamed) {
      List<Node> out = new ArrayList<>();
      for (Node n : nodes) {
        List<Value> operands = n.operands().stream().map(v -> renamed.getOrDefault(v, v)).toList();
        List<Block> blocks = n.blocks().stream().map(b -> block(b, renamed)).toList();
        out.add(new Node(n.op(), operands, n.results(), blocks, n.origin()));
        Value v = n.results().isEmpty() ? null : n.result();
        if (v != null && v.type().dtype() == DType.F32 && seen++ == at) {
          Value copy = new Value(next++, v.type());
          // Pure, so that the functions around it may stay so; its result is used.
          ControlOp.Foreign box = new ControlOp.Foreign("fuse", fuse, false, List.of(v.type()));
          out.add(new Node(box, List.of(v), List.of(copy), List.of(), n.origin()));
          renamed.put(v, copy);
        }
      }
      return out;
    }
  }

  @Test
  @DisplayName(
      "11: an op that throws, 1,000 times: weights stay, the next gradients are those of a fresh run")
  void aStepThatFailsLeavesNothingBehind() {
    Program plain = Verifier.verify(step());
    Insertion counting = new Insertion(plain, new Fuse(), -1);
    counting.run(plain);
    int places = counting.seen;
    assertThat(places).isGreaterThan(60);
    Random random = new Random(11);
    int thrown = 0;
    for (int trial = 0; thrown < 1_000; trial++) {
      Fuse fuse = new Fuse();
      Program p = Verifier.verify(new Insertion(plain, fuse, trial % places).run(plain));
      Target target = trial % 2 == 0 ? new X64Target() : new JvmTarget();
      thrown += faults(target, p, fuse, random);
      assertThat(trial).as("programs in which nothing throws").isLessThan(4 * places);
    }
  }

  /// Lets a step fail at random calls of the fuse; says how often it did.
  private static int faults(Target target, Program p, Fuse fuse, Random random) {
    try (StateStore fresh = StateStore.of(3, p);
        Executable e = target.compile(p, fresh, Target.Options.threads(1))) {
      Runs.fill(e, 5);
      HostTensor w = fresh.get("w");
      HostTensor b = fresh.get("b");
      e.run();
      Map<String, HostTensor> expected = Runs.seen(e, fresh);
      int calls = fuse.calls;
      if (calls == 0) {
        return 0; // in a block that did not run, or of a value that nobody reads
      }
      for (int i = 0; i < 20; i++) {
        fresh.set("w", w);
        fresh.set("b", b);
        fuse.left = random.nextInt(calls);
        assertThatThrownBy(e::run)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("a kernel failed");
        assertThat(fresh.get("w").sameBits(w)).isTrue();
        assertThat(fresh.get("b").sameBits(b)).isTrue();
        fuse.left = Integer.MAX_VALUE;
        e.run();
        Runs.assertSameBits("after a fault", expected, Runs.seen(e, fresh));
      }
      return 20;
    }
  }
}
