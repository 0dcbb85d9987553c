package dev.retrograde.train;

import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Training steps of the networks of the zoo.
class ZooStepsTest {
  @ParameterizedTest
  @CsvSource({"mlp, 28, 1", "lenet, 28, 1", "resnet20, 32, 3", "resnet110, 32, 3"})
  void everyParameterAndStatisticIsUpdated(String model, int side, int channels) {
    Plan plan =
        new Plan(
            Zoo.of(model, 10),
            Losses.crossEntropy(),
            sgd(0.1).momentum(0.9),
            new Saving.Recompute(2),
            List.of(side, side, channels));
    Program step = plan.step(2);
    List<String> updated = step.updates().stream().map(Program.Update::entry).toList();
    List<String> declared = new ArrayList<>();
    for (Program.StateParam s : step.state()) {
      declared.add(s.entry().name());
    }
    assertThat(updated).containsExactlyInAnyOrderElementsOf(declared);
    List<String> shared = plan.evaluate(3).state().stream().map(s -> s.entry().name()).toList();
    assertThat(declared).containsAll(shared);
    assertThat(
            step.state().stream()
                .map(Program.StateParam::entry)
                .filter(e -> e.role() != Role.OPTIMIZER)
                .map(StateEntry::name))
        .containsExactlyElementsOf(shared);
  }

  @Test
  void aResidualNetworkTrainsToTheSameBitsStoredAndRecomputed() {
    Setup setup =
        Training.of("resnet:8")
            .data(Shapes.of(9, 3))
            .batch(4)
            .seed(2)
            .update(sgd(0.05).momentum(0.9));
    try (Training store = setup.start();
        Training again = setup.backward(new Saving.Recompute(1)).start()) {
      store.steps(3);
      again.steps(3);
      assertThat(again.losses().toArray()).containsExactly(store.losses().toArray());
      for (StateEntry e : store.state().entries()) {
        HostTensor v = store.state().get(e.name());
        assertThat(again.state().get(e.name()).sameBits(v)).as(e.name()).isTrue();
      }
    }
  }
}
