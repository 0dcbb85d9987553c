package dev.retrograde.train;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.DataSet;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.target.Target.Options;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir Path folder;
  private final DataSet data = Shapes.of(24, 10);
  private final Layer net =
      sequential(
          named("conv", conv2d(4, 3).noBias()),
          named("bn", batchNorm()),
          named("relu", relu()),
          named("pool", globalAveragePool()),
          named("fc", dense(3)));
  private Evaluation trained = new Evaluation(0, 0, 0);

  @BeforeEach
  void train() throws Exception {
    try (Training run = Training.of("own", net).data(data).batch(8).seed(3).start()) {
      run.epochs(1);
      trained = run.evaluate();
      run.save(folder);
    }
  }

  @Test
  void anOwnModelWithStatisticsLoadsBackBitForBit() throws Exception {
    try (SavedModel m = SavedModel.open(folder, net, new InterpTarget(), Options.DEFAULT)) {
      assertThat(m.evaluate(data.test(), 8)).isEqualTo(trained);
      assertThat(m.card().model()).isEqualTo("own");
      assertThat(m.card().settings().steps()).isEqualTo(3);
      assertThat(m.card().seed()).isEqualTo(3);
    }
  }

  @Test
  void theCardSurvivesTheFileUnchanged() throws Exception {
    ModelCard card = ModelFolder.card(folder);
    String text = Files.readString(folder.resolve("model.json"));
    assertThat(CardJson.read(folder, text)).isEqualTo(card);
    assertThat(CardJson.write(card)).isEqualTo(text);
  }

  @Test
  void anotherModelIsRefusedByName() {
    assertThatThrownBy(() -> SavedModel.open(folder, new InterpTarget(), Options.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'own'")
        .hasMessageContaining("the layer that it was trained as");
    Layer wider = sequential(named("conv", conv2d(5, 3).noBias()), globalAveragePool(), dense(3));
    assertThatThrownBy(() -> SavedModel.open(folder, wider, new InterpTarget(), Options.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'conv.weight' as f32[5,3,3,1]");
    Layer fewer =
        sequential(
            named("conv", conv2d(4, 3).noBias()), globalAveragePool(), named("fc", dense(3)));
    assertThatThrownBy(() -> SavedModel.open(folder, fewer, new InterpTarget(), Options.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("also [bn.");
  }

  @Test
  void damageIsNamedWithItsFile() throws Exception {
    Path json = folder.resolve("model.json");
    String good = Files.readString(json);
    for (String bad :
        new String[] {
          "{",
          "[]",
          good.replace("\"schema\" : 2", "\"schema\" : 1"),
          good.replace("\"shape\"", "\"form\""),
          good.replace("\"seed\" : 3", "\"seed\" : \"three\""),
          good.replace("\"mean\" : [", "\"mean\" : [ true, "),
          good.replace("\"seed\" : 3", "\"seed\" : 3, \"seed\" : 4"),
        }) {
      assertThat(bad).isNotEqualTo(good);
      Files.writeString(json, bad);
      assertThatThrownBy(() -> ModelFolder.card(folder))
          .as(bad)
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("model.json");
    }
    Files.writeString(json, good);
    Path tensors = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    Files.write(tensors, java.util.Arrays.copyOf(bytes, bytes.length - 4));
    assertThatThrownBy(() -> SavedModel.open(folder, net, new InterpTarget(), Options.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.safetensors");
    Files.delete(tensors);
    assertThatThrownBy(() -> SavedModel.open(folder, net, new InterpTarget(), Options.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> ModelFolder.card(folder.resolve("nowhere")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no such file");
  }
}
