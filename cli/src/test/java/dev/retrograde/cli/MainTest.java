package dev.retrograde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.lab.record.Json;
import dev.retrograde.runtime.MemoryLimitException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/// Commands as a user types them, in this process, on the interpreter.
class MainTest {
  private static final List<String> TINY =
      List.of(
          "--model",
          "mlp:4",
          "--limit",
          "20",
          "--batch",
          "10",
          "--epochs",
          "1",
          "--target",
          "interp");

  @TempDir Path folder;

  private record Ran(int code, String out, String err) {}

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  private static Ran tiny(String command, String... more) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(TINY);
    all.addAll(List.of(more));
    return run(all.toArray(String[]::new));
  }

  @Test
  void compareComesToAVerdict() throws IOException {
    Path json = folder.resolve("a").resolve("record.json");
    Path report = folder.resolve("a").resolve("report.html");
    Ran ran =
        tiny(
            "compare",
            "--backward",
            "recompute:2,topk:0.5",
            "--json",
            json.toString(),
            "--report",
            report.toString());
    assertThat(ran.err()).contains("topk:0.5", "store, seed 1: done");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("model   mlp:4, 3,190 parameters")
        .contains("data    generated digits: 20 to train on, 20 to test on")
        .containsPattern("store +[0-9.]+ %")
        .containsPattern("topk:0.5 +refused")
        .contains("Exact: every loss equals the baseline's, bit for bit.")
        .contains("Refused: topk is not available in this version.")
        .containsPattern("seed 1: initial weights [0-9a-f]{16}, order of batches [0-9a-f]{16}");
    JsonNode record = Json.parse(Files.readString(json));
    assertThat(record.get("command").asString()).isEqualTo("compare");
    assertThat(record.get("runs")).hasSize(3);
    assertThat(record.get("settings").get("backward").asString())
        .isEqualTo("store,recompute:2,topk:0.5");
    assertThat(Files.readString(report)).contains("Comparison: mlp:4 on generated digits");
  }

  @Test
  void trainLeavesAModelAndItsRecord() throws IOException {
    Path model = folder.resolve("model");
    Ran ran = tiny("train", "--out", model.toString(), "--backward", "recompute:1");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .containsPattern("epoch 1 +train loss [0-9.]+, accuracy [0-9.]+ % +test accuracy [0-9.]+ %")
        .containsPattern("test accuracy [0-9.]+ %, .+ a step, peak memory .+iB")
        .contains("model   " + model);
    assertThat(model).isDirectoryContaining("glob:**/model.safetensors");
    assertThat(model).isDirectoryContaining("glob:**/model.json");
    JsonNode record = Json.parse(Files.readString(model.resolve("record.json")));
    assertThat(record.get("command").asString()).isEqualTo("train");
    assertThat(record.get("runs").get(0).get("loss")).hasSize(2);
  }

  @Test
  void aPerfMapIsOfMachineCodeOnly() {
    Ran ran = tiny("train", "--target", "jvm", "--perf-map");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .contains("--perf-map: the target jvm makes no machine code of its own; --target x64 does");
  }

  @Test
  void trainTakesAnOwnModel() throws IOException {
    Path source = folder.resolve("Mine.java");
    Files.writeString(
        source,
        """
        import static dev.retrograde.nn.Layers.*;
        import dev.retrograde.nn.Layer;

        public final class Mine {
          public static Layer model(int classes) {
            return sequential(flatten(), dense(3), relu(), dense(classes));
          }
        }
        """);
    Path model = folder.resolve("model");
    Ran ran =
        run(
            "train",
            "--model",
            source.toString(),
            "--limit",
            "10",
            "--epochs",
            "1",
            "--target",
            "interp",
            "--out",
            model.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("2,395 parameters");
  }

  @Test
  void explainShowsLayersKernelsMemoryAndProgram() {
    Ran ran = tiny("explain", "--backward", "recompute:2");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("multiply-adds: forward ", "distinct", "peak ", "tensor", "residual")
        .containsPattern("relu1 +recompute:2: 1 remade");
    Ran program = tiny("explain", "--show", "program");
    assertThat(program.code()).isZero();
    assertThat(program.out()).contains("Contract").doesNotContain("distinct");
  }

  @Test
  void explainShowsPassesAndCodeOfATargetThatCompiles() {
    Ran ran = tiny("explain", "--target", "jvm", "--show", "kernels,passes,code");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("distinct", "simplify", "fc1");
    assertThat(tiny("explain", "--show", "passes").out())
        .contains("target interp does not compile");
  }

  @Test
  void explainSaysWhereMemoryGoesAndWhy() throws IOException {
    Path json = folder.resolve("memory.json");
    Ran ran = tiny("explain", "--memory", "--all", "--json", json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .containsPattern("peak [0-9,]+ bytes .* at step")
        .containsPattern("forecast [0-9,]+ bytes \\(.0\\.000 %\\)")
        .containsPattern("relu1 +relu +store +160 +160 +fc2 relu1 +small")
        .containsPattern("residuals of [0-9,]+ bytes under 'store'; [0-9,]+ bytes are kept")
        .doesNotContain("mixtures", "multiply-adds: forward");
    JsonNode record = Json.parse(Files.readString(json));
    assertThat(record.get("residuals").get(0).get("reason").asString()).isEqualTo("small");
    assertThat(record.get("forecast_bytes").asLong())
        .isEqualTo(record.get("reserved_bytes").asLong());
    assertThat(tiny("explain", "--memory").out()).contains("below 1 KiB not listed");
  }

  @Test
  void explainMarksTheMixtureThatABudgetTook() {
    Ran ran = tiny("explain", "--memory", "--backward", "budget:1GiB");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("mixtures that a budget chooses from", "* taken")
        .containsPattern("\\* +[0-9,]+ +[0-9,]+ +.+ store");
  }

  @Test
  void explainPrintsTheTableOfPairsWithoutAModel() {
    Ran ran = run("explain", "--choices");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .containsPattern("batch norm +exact +exact +exact +exact +refused +exact +noise +bias")
        .containsPattern("quantized +noise +noise +noise +noise")
        .contains("reversible, exact form - exact: inputs are solved from outputs on a grid");
  }

  @Test
  void aMemoryLimitIsFour() {
    CommandLine line =
        Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()));
    assertThat(Failures.of(new MemoryLimitException("too large"), line, false)).isEqualTo(4);
  }

  @Test
  void aBudgetThatCannotBeMetIsFour() {
    for (String command : List.of("train", "explain")) {
      Ran ran = tiny(command, "--backward", "budget:1KiB");
      assertThat(ran.code()).isEqualTo(4);
      assertThat(ran.err()).contains("cannot be met: the least is").doesNotContain("\tat ");
    }
    assertThat(tiny("train", "--backward", "reversible"))
        .satisfies(wrongUse("no layer that it covers declares an inverse"));
  }

  @Test
  void doctorSaysWhatIsChosenAndWhy() {
    Ran ran = run("doctor");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains(
            "java ",
            "processor",
            "memory",
            "target      interp  works",
            "chosen",
            "digits  generated");
  }

  @Test
  void benchListsItsSuites() {
    Ran ran = run("bench");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("accept-core").contains("Parts: mlp, lenet, resnet20.");
  }

  @Test
  void benchRefusesUnknownSuitesAndParts() {
    assertThat(run("bench", "--suite", "nothing")).satisfies(wrongUse("suite 'nothing' is not in"));
    assertThat(run("bench", "--suite", "accept-core", "--part", "gpt"))
        .satisfies(wrongUse("--part: suite accept-core has mlp, lenet, resnet20, found 'gpt'"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "compare", "explain", "bench", "doctor"})
  void everyHelpPageHasExamples(String command) {
    Ran ran = run(command, "--help");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("Usage: retrograde " + command, "Examples:", "  retrograde " + command);
  }

  @Test
  void theHelpListsOnlyWhatThereIs() {
    CommandLine line =
        Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()));
    assertThat(line.getSubcommands().keySet())
        .containsExactly("train", "compare", "explain", "bench", "doctor");
    assertThat(run("--help").out()).contains("Exit codes:", "retrograde compare");
    assertThat(run("--version").out()).startsWith("retrograde ");
  }

  @Test
  void wrongUseIsTwoAndSaysHow() {
    assertThat(run()).satisfies(wrongUse("Usage: retrograde"));
    assertThat(run("fly")).satisfies(wrongUse("fly"));
    assertThat(run("train", "--modle", "x")).satisfies(wrongUse("Possible solutions: --model"));
    assertThat(run("train", "--batch", "many")).satisfies(wrongUse("--batch"));
    assertThat(tiny("train", "--lr", "-1")).satisfies(wrongUse("--lr: expected a number above 0"));
    assertThat(tiny("train", "--threads", "0"))
        .satisfies(wrongUse("--threads: expected a number of at least 1"));
    assertThat(tiny("train", "--seed", "1,2"))
        .satisfies(wrongUse("train does one run of one seed"));
    assertThat(tiny("train", "--backward", "store,recompute:2"))
        .satisfies(wrongUse("train does one run"));
    assertThat(tiny("train", "--backward", "topk:0.5"))
        .satisfies(wrongUse("topk is not available in this version"));
    assertThat(tiny("train", "--optimizer", "sdg")).satisfies(wrongUse("unknown optimizer 'sdg'"));
    assertThat(tiny("train", "--schedule", "sine")).satisfies(wrongUse("unknown schedule 'sine'"));
    assertThat(tiny("train", "--augment", "spin")).satisfies(wrongUse("found 'spin'"));
    assertThat(tiny("train", "--target", "gpu"))
        .satisfies(wrongUse("expected auto or one of x64, jvm, interp"));
    assertThat(run("train", "--model", "lenett")).satisfies(wrongUse("unknown model 'lenett'"));
  }

  @Test
  void anUnreadableSpecificationHasACaret() {
    Ran ran = tiny("compare", "--backward", "store,recompte:2");
    assertThat(ran).satisfies(wrongUse("did you mean recompute?"));
    assertThat(ran.err().lines().toList()).endsWith("  store,recompte:2", "        ^");
    assertThat(tiny("compare", "--backward", "nowhere.*=store"))
        .satisfies(wrongUse("'nowhere.*' matches no layer"));
  }

  @Test
  void missingDataIsThree() {
    Ran ran = run("train", "--data", folder.resolve("nothing").toString());
    assertThat(ran.code()).isEqualTo(3);
    assertThat(ran.err()).contains("expected a data set, found nothing").doesNotContain("\tat ");
  }

  @Test
  void damagedDataIsThree() throws IOException {
    Files.write(folder.resolve("train-images-idx3-ubyte"), new byte[] {0, 0, 8, 3, 0, 0, 0, 9});
    Files.write(folder.resolve("train-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 9});
    Ran ran = run("train", "--data", folder.toString());
    assertThat(ran.code()).isEqualTo(3);
    assertThat(ran.err()).contains("train-images-idx3-ubyte", "expected", "found");
  }

  @Test
  void aValueThatIsNotFiniteIsFive() {
    Ran ran =
        tiny("train", "--lr", "1e30", "--epochs", "3", "--out", folder.resolve("m").toString());
    assertThat(ran.code()).isEqualTo(5);
    assertThat(ran.err()).contains("the loss is", "first value that is not finite comes from");
    assertThat(tiny("compare", "--lr", "1e30", "--epochs", "3").code()).isEqualTo(5);
  }

  @Test
  void debugShowsWhereAnErrorCameFrom() {
    Ran ran = run("train", "--data", "nothing", "--debug");
    assertThat(ran.code()).isEqualTo(3);
    assertThat(ran.err()).contains("\tat dev.retrograde");
  }

  private static java.util.function.Consumer<Ran> wrongUse(String message) {
    return ran -> {
      assertThat(ran.err()).contains(message).doesNotContain("\tat ");
      assertThat(ran.code()).isEqualTo(2);
    };
  }
}
