package dev.retrograde.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.TextSet;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs on text, from characters to a sample.
class TextTrainingTest {
  private static final TextSet RHYME =
      TextSet.characters("rhyme", "in a tin, a pin. ".repeat(120), 0.2);

  private static Setup setup(String model) {
    return Training.of(model)
        .data(Material.of(RHYME, 10))
        .batch(4)
        .epochs(8)
        .update(Optimizers.parse("adam", 0.02), Schedule.constant())
        .target(new JvmTarget());
  }

  @Test
  void aRhymeIsLearntAndGoneOnWith() {
    for (String model : new String[] {"char-rnn:24", "char-lstm:24"}) {
      try (Training run = setup(model).start()) {
        run.epochs(8);
        // Which letter begins a window is a guess, the rest follows.
        assertThat(run.evaluate().accuracy()).as(model).isGreaterThan(0.85);
        assertThat(run.evaluate().count()).isEqualTo((long) run.material().test(4).size() * 10);
        try (TextSampler sampler = run.sampler()) {
          int[] more = sampler.write(RHYME.symbols().encode("in a tin,"), 25, 0.2, 1);
          assertThat(RHYME.symbols().decode(more)).isEqualTo(" a pin. in a tin, a pin. ");
          assertThat(sampler.write(new int[] {1}, 5, 1, 7))
              .isEqualTo(sampler.write(new int[] {1}, 5, 1, 7));
          assertThatThrownBy(() -> sampler.write(new int[0], 5, 1, 7))
              .hasMessageContaining("a prompt of at least 1 symbol");
        }
      }
    }
  }

  @Test
  void equalSettingsGiveEqualBits() {
    try (Training a = setup("char-lstm:8").start();
        Training b = setup("char-lstm:8").start()) {
      a.steps(20);
      b.steps(20);
      for (int i = 0; i < 20; i++) {
        assertThat(a.losses().get(i)).isEqualTo(b.losses().get(i));
      }
    }
  }

  @Test
  void aSavedModelWritesTheSame(@TempDir Path folder) throws IOException {
    int[] prompt = RHYME.symbols().encode("in a ");
    int[] written;
    try (Training run = setup("char-rnn:12").start()) {
      run.epochs(2);
      run.save(folder);
      try (TextSampler s = run.sampler()) {
        written = s.write(prompt, 40, 0.7, 3);
      }
    }
    try (SavedModel m = SavedModel.open(folder, new JvmTarget(), Target.Options.DEFAULT);
        TextSampler s = m.sampler()) {
      assertThat(s.write(prompt, 40, 0.7, 3)).isEqualTo(written);
      assertThat(m.card().classNames()).hasSize(RHYME.symbols().size());
      assertThatThrownBy(() -> m.evaluate(GeneratedDigits.of(20, 10, 1).test(), 10))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the model takes Text[length=10]");
    }
    Path card = folder.resolve(ModelFolder.CARD);
    Files.writeString(card, Files.readString(card).replace("\"text\"", "\"sound\""));
    assertThatThrownBy(() -> ModelFolder.card(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("sound");
  }

  @Test
  void picturesAreNoText() {
    try (Training run =
        Training.of("mlp:8").data(GeneratedDigits.of(20, 10, 1)).batch(10).start()) {
      assertThatThrownBy(run::sampler).hasMessageContaining("a model that was trained on text");
    }
  }
}
