package dev.retrograde.train;

import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The front door: from data to a trained, saved and loaded model.
class SmokeTest {
  @Test
  void dataBecomesATrainedModelThatLoadsBackToTheSameBits(@TempDir Path folder) throws Exception {
    DataSet data = Shapes.of(150, 45);
    Setup setup =
        Training.of("mlp:24")
            .data(data)
            .batch(32)
            .seed(7)
            .epochs(12)
            .update(sgd(0.05).momentum(0.9).weightDecay(1e-4).except("**.bias"), Schedule.cosine())
            .backward(new Saving.Store());
    Evaluation trained;
    try (Training run = setup.start()) {
      run.epochs(12);
      trained = run.evaluate();
      assertThat(run.epochResults()).hasSize(12);
      assertThat(run.epochResults().getLast().trainLoss())
          .isLessThan(0.5 * run.epochResults().getFirst().trainLoss());
      assertThat(trained.accuracy()).isGreaterThan(0.8);
      run.save(folder);
    }
    try (SavedModel model = SavedModel.open(folder, new InterpTarget(), Target.Options.DEFAULT)) {
      assertThat(model.evaluate(data.test(), 32)).isEqualTo(trained);
      assertThat(model.card().classNames()).containsExactly("row", "column", "diagonal");
    }
  }
}
