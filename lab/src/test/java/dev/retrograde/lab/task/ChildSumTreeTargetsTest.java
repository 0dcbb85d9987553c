package dev.retrograde.lab.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.recurrent.ChildSumTree;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.recurrent.SiblingTreeInput;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// One program for trees with any number of children, on every target.
class ChildSumTreeTargetsTest {
  private static final int WORDS = 9;
  private static final int ROOM = 33;

  private static Program program(TreeOp.Form form) {
    Layer words =
        (t, codes) ->
            t.op(
                new MoveOp.Gather(),
                t.parameter("table", DType.F64, new Init.Normal(0, 1), WORDS, 5),
                codes);
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor x = t.input("tree", Type.of(DType.I32, 1, SiblingTreeInput.ROWS, ROOM + 1));
          Tensor h = new ChildSumTree(Sequences.childSumTreeLstm(7), words, form).apply(t, x);
          Tensor loss = t.sum(t.mul(h, h));
          Map<String, Value> wrt = new LinkedHashMap<>();
          t.state().forEach(s -> wrt.put(s.name(), t.stateValue(s.name()).value()));
          t.output("h", h);
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
        });
  }

  /// Trees of up to 7 children a node.
  private static int[] tree(Random random) {
    int nodes = 1 + random.nextInt(ROOM);
    int[] parent = new int[nodes];
    int[] children = new int[nodes];
    parent[0] = -1;
    for (int i = 1; i < nodes; i++) {
      int p = random.nextInt(i);
      while (children[p] == 7) {
        p = (p + 1) % i;
      }
      parent[i] = p;
      children[p]++;
    }
    int[] word = random.ints(nodes, 0, WORDS).toArray();
    return SiblingTreeInput.pack(parent, word, ROOM);
  }

  /// Outputs for each of some trees.
  private static List<Map<String, HostTensor>> runs(Target target, TreeOp.Form form) {
    Program p = program(form);
    List<Map<String, HostTensor>> all = new ArrayList<>();
    Random random = new Random(17);
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      for (int k = 0; k < 12; k++) {
        int[] tree = tree(random);
        Type type = p.inputs().getFirst().value().type();
        Segments.write(e.input("tree"), HostTensor.fill(type, i -> tree[i]));
        e.run();
        Map<String, HostTensor> out = new LinkedHashMap<>();
        p.outputs()
            .forEach(o -> out.put(o.name(), Segments.read(e.output(o.name()), o.value().type())));
        all.add(out);
      }
    }
    return all;
  }

  @Test
  void allTargetsAndFormsAgree() {
    List<Map<String, HostTensor>> meaning = runs(new InterpTarget(), TreeOp.Form.plain());
    List<Target> usable = Targets.find().all().stream().flatMap(c -> c.target().stream()).toList();
    assertThat(usable).extracting(Target::name).contains("jvm");
    for (Target target : usable) {
      for (TreeOp.Form form : List.of(TreeOp.Form.standard(), TreeOp.Form.plain())) {
        List<Map<String, HostTensor>> found = runs(target, form);
        for (int k = 0; k < meaning.size(); k++) {
          for (Map.Entry<String, HostTensor> e : meaning.get(k).entrySet()) {
            HostTensor h = found.get(k).get(e.getKey());
            for (int i = 0; i < h.size(); i++) {
              assertThat(h.get(i))
                  .as(target.name() + " " + e.getKey())
                  .isCloseTo(e.getValue().get(i), within(1e-10));
            }
          }
        }
      }
    }
  }
}
