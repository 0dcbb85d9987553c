package dev.retrograde.bench.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.bench.engine.EngineContender;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.bench.libtorch.TorchPeer;
import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.LossAgreement;
import dev.retrograde.bench.task.Sgd;
import dev.retrograde.bench.task.SmallCnn;
import dev.retrograde.lab.task.Targets;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class SmallCnnTest {
  private static final int BATCH = 6;
  private static final Sgd SGD = new Sgd(0.05f, 0);

  private static LossAgreement agreement(SmallCnn task, int steps) {
    Map<String, float[]> first = FirstValues.parameters(task, 3);
    Batch batch = FirstValues.batch(task, BATCH, 3);
    try (EngineContender ours =
            new EngineContender(task, BATCH, Targets.find().choose("auto").target(), 1);
        TorchPeer peer = new TorchPeer(task, BATCH, TorchLayout.CONTIGUOUS)) {
      peer.threads(1);
      ours.setInputs(batch);
      peer.setInputs(batch);
      return LossAgreement.after(steps, ours, peer, first);
    }
  }

  @Test
  @DisplayName("15: the CNN trains as libtorch's does, without dropout")
  void trainsAsLibtorchDoes() {
    assertThat(agreement(new SmallCnn(0, SGD), 10).worst()).isLessThan(1e-4);
  }

  @Test
  void bothSidesDropNumbers() {
    LossAgreement without = agreement(new SmallCnn(0, SGD), 1);
    LossAgreement with = agreement(new SmallCnn(0.5, SGD), 1);
    assertThat(with.ours()[0]).isNotEqualTo(without.ours()[0]);
    assertThat(with.peer()[0]).isNotEqualTo(without.peer()[0]);
  }

  @Test
  void hasTheParametersOfTheSpecification() {
    assertThat(new SmallCnn(0.5, SGD).parameterCount()).isEqualTo(21_840);
  }
}
