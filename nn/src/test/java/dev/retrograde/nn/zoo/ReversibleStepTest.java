package dev.retrograde.nn.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizers;
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
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole steps of small reversible networks: bytecode beside the interpreter.
class ReversibleStepTest {
  private static final int BATCH = 4;
  private static final int SIZE = 8;

  private static Program step(RevNet net, int grid) {
    return Trace.program(
        "step",
        true,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, BATCH, SIZE, SIZE, 3));
          Tensor labels = t.input("labels", Type.of(DType.I32, BATCH));
          Tensor loss = Losses.crossEntropy().mean(t, net.cifar(grid, 3).apply(t, x), labels);
          t.output("loss", loss);
          t.phase(Phase.BACKWARD);
          Map<String, Value> wrt = new LinkedHashMap<>();
          for (StateEntry e : t.state()) {
            if (e.role() == Role.PARAMETER) {
              wrt.put(e.name(), t.stateValue(e.name()).value());
            }
          }
          Map<String, Tensor> gradients = new LinkedHashMap<>();
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> gradients.put(name, new Tensor(g)));
          t.phase(Phase.UPDATE);
          Optimizers.sgd(0.1).momentum(0.9).update(t, gradients, t.constant(DType.F32, 0.1));
        });
  }

  private static Map<String, HostTensor> run(Target target, Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      Random r = new Random(5);
      Segments.write(
          e.input("x"), HostTensor.fill(p.inputs().get(0).value().type(), i -> r.nextGaussian()));
      Segments.write(
          e.input("labels"), HostTensor.fill(p.inputs().get(1).value().type(), i -> i % 3));
      e.run();
      Map<String, HostTensor> seen = new LinkedHashMap<>();
      seen.put("loss", Segments.read(e.output("loss"), Type.of(DType.F32)));
      state.entries().forEach(s -> seen.put(s.name(), state.get(s.name())));
      return seen;
    }
  }

  /// On a grid, sums of another order now and then round to the neighbour, 1.5e-5 away.
  @ParameterizedTest
  @CsvSource({"false, -1, 5e-5", "true, -1, 5e-5", "false, 16, 5e-4", "true, 16, 5e-4"})
  void aStepAsBytecodeIsThatOfTheInterpreter(boolean bottleneck, int grid, double tolerance) {
    Program p = step(new RevNet(2, List.of(4, 4, 8, 12), bottleneck), grid);
    Map<String, HostTensor> meaning = run(new InterpTarget(), p);
    Map<String, HostTensor> found = run(new JvmTarget(), p);
    assertThat(found.keySet()).isEqualTo(meaning.keySet());
    meaning.forEach((name, x) -> {
      double scale = 1e-2;
      for (double v : x.toDoubles()) {
        scale = Math.max(scale, Math.abs(v));
      }
      for (int i = 0; i < x.size(); i++) {
        assertThat(found.get(name).get(i))
            .as("%s[%d]", name, i)
            .isCloseTo(x.get(i), org.assertj.core.data.Offset.offset(tolerance * scale));
      }
    });
  }
}
