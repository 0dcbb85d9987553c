package dev.retrograde.nn.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Updates of the rows that were looked up, beside those of whole tables.
class RowsTest {
  private static final int SYMBOLS = 12;
  private static final int[][] CODES = {{3, 1, 3, 7}, {1, 1, 1, 1}, {0, 11, 3, 7}};

  private static Program step(Optimizer o) {
    Program p =
        Trace.program(
            "step",
            true,
            t -> {
              Tensor lr = t.input("lr", Type.of(DType.F32));
              Tensor codes = t.input("codes", Type.of(DType.I32, 2, 2));
              Tensor x = t.scope("words", () -> Layers.embedding(SYMBOLS, 5).apply(t, codes));
              Tensor y = t.scope("fc", () -> Layers.dense(3).apply(t, t.reshape(x, 4, 5)));
              Tensor loss = t.mean(t.mul(y, y));
              Map<String, Value> wanted = new LinkedHashMap<>();
              for (StateEntry e : t.state()) {
                if (e.role() == Role.PARAMETER) {
                  wanted.put(e.name(), t.stateValue(e.name()).value());
                }
              }
              Map<String, Tensor> gradients = new LinkedHashMap<>();
              Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted)
                  .forEach((name, g) -> gradients.put(name, new Tensor(g)));
              o.update(t, gradients, lr);
            });
    return o.finish(p);
  }

  private static Map<String, HostTensor> run(Optimizer o, Target target) {
    Program p = step(o);
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (StateStore s = StateStore.of(3, p);
        Executable e = target.compile(p, s, Target.Options.DEFAULT)) {
      Segments.write(e.input("lr"), HostTensor.scalar(DType.F32, 0.3));
      for (int[] codes : CODES) {
        Segments.write(e.input("codes"), HostTensor.fill(Type.of(DType.I32, 2, 2), i -> codes[i]));
        e.run();
      }
      s.entries().forEach(x -> out.put(x.name(), s.get(x.name())));
    }
    return out;
  }

  @Test
  void rowsGiveWhatTheWholeUpdateGives() {
    for (Optimizer o : List.of(Optimizers.sgd(0.3), Optimizers.adagrad(0.3))) {
      for (Target target : List.of(new InterpTarget(), new JvmTarget())) {
        Map<String, HostTensor> whole = run(o, target);
        Map<String, HostTensor> rows = run(o.rows("words.*"), target);
        assertThat(rows.keySet()).isEqualTo(whole.keySet());
        whole.forEach((name, w) -> {
          for (int i = 0; i < w.size(); i++) {
            assertThat(rows.get(name).get(i))
                .as("%s, %s[%d]", o.spec(), name, i)
                .isCloseTo(w.get(i), within(1e-6));
          }
        });
      }
    }
  }

  @Test
  void rowsThatNobodyLookedUpStay() {
    Map<String, HostTensor> whole = run(Optimizers.adam(0.1).weightDecay(0.1), new JvmTarget());
    Map<String, HostTensor> rows =
        run(Optimizers.adam(0.1).weightDecay(0.1).rows("words.*"), new JvmTarget());
    Program p = step(Optimizers.sgd(1));
    try (StateStore fresh = StateStore.of(3, p)) {
      HostTensor start = fresh.get("words.weight");
      for (int row : new int[] {2, 4, 5, 6, 8, 9, 10}) {
        for (int k = 0; k < 5; k++) {
          int i = 5 * row + k;
          assertThat(rows.get("words.weight").bits(i)).isEqualTo(start.bits(i));
          assertThat(whole.get("words.weight").bits(i)).isNotEqualTo(start.bits(i));
        }
      }
    }
  }

  @Test
  void noWholeTableIsComputed() {
    Program p = step(Optimizers.adagrad(0.1).rows("words.*"));
    Program live = dev.retrograde.pass.Simplify.run(p);
    Type table = Type.of(DType.F32, SYMBOLS, 5);
    assertThat(live.nodes())
        .noneMatch(n -> n.results().stream().anyMatch(v -> v.type().equals(table)));
  }

  @Test
  void whatHasNoRowsIsRefused() {
    assertThatThrownBy(() -> step(Optimizers.sgd(0.1).rows("fc.weight")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rows of 'fc.weight'")
        .hasMessageContaining("leave it out");
    assertThatThrownBy(() -> step(Optimizers.sgd(0.1).rows("nothing.*")))
        .hasMessageContaining("no parameter has such a name; there are");
    String spec = "adagrad:0.1:rows=words.*";
    assertThat(Optimizers.parse(spec, 1).spec()).isEqualTo(spec);
  }
}
