package dev.retrograde.nn.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.Glob;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulesAndGlobsTest {
  @Test
  void stepFallsAtItsSteps() {
    Schedule s = Schedule.steps(0.1, 3, 5);
    assertThat(s.factor(2, 0)).isEqualTo(1);
    assertThat(s.factor(3, 0)).isEqualTo(0.1);
    assertThat(s.factor(4, 0)).isEqualTo(0.1);
    assertThat(s.factor(5, 0)).isCloseTo(0.01, within(1e-15));
  }

  @Test
  void cosineFallsFromOneToItsFloor() {
    assertThat(Schedule.cosine().factor(0, 100)).isEqualTo(1);
    assertThat(Schedule.cosine().factor(25, 100))
        .isCloseTo((1 + Math.sqrt(0.5)) / 2, within(1e-15));
    assertThat(Schedule.cosine().factor(50, 100)).isCloseTo(0.5, within(1e-15));
    assertThat(Schedule.cosine().factor(100, 100)).isCloseTo(0, within(1e-15));
    assertThat(new Schedule.Cosine(0.1).factor(500, 100)).isCloseTo(0.1, within(1e-15));
    assertThat(Schedule.cosine().factor(7, 0)).isEqualTo(1);
  }

  @Test
  void warmUpRisesToWhatFollows() {
    Schedule s = Schedule.warmUp(4, Schedule.steps(0.5, 6));
    assertThat(s.factor(0, 0)).isEqualTo(0.25);
    assertThat(s.factor(3, 0)).isEqualTo(1);
    assertThat(s.factor(4, 0)).isEqualTo(1);
    assertThat(s.factor(6, 0)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "constant",
        "cosine",
        "cosine:0.05",
        "step:0.1:30:60",
        "warmup:5+cosine",
        "warmup:5+step:0.5:9",
      })
  void specsRoundTrip(String spec) {
    assertThat(Schedule.parse(spec).spec()).isEqualTo(spec);
  }

  @Test
  void wrongSpecsSayWhatThereIs() {
    assertThatThrownBy(() -> Schedule.parse("linear")).hasMessageContaining("cosine");
    assertThatThrownBy(() -> Schedule.parse("step:0.1")).hasMessageContaining("step:GAMMA:AT");
    assertThatThrownBy(() -> Schedule.parse("step:0.1:x")).hasMessageContaining("'x'");
    assertThatThrownBy(() -> Schedule.steps(0.1, 5, 3)).hasMessageContaining("ascend");
  }

  @ParameterizedTest
  @CsvSource({
    "**.bias, fc1.bias, true",
    "**.bias, stage1.block0.bn1.bias, true",
    "**.bias, bias, true",
    "**.bias, fc1.weight, false",
    "*.bias, stage1.fc.bias, false",
    "*.bias, fc.bias, true",
    "stage1.**, stage1.block0.conv.weight, true",
    "stage1.**, stage1, true",
    "stage1.**, stage10.conv.weight, false",
    "stage1/**, stage1/block0, true",
    "stage?.block*.conv1.*, stage2.block11.conv1.weight, true",
    "**, anything.at.all, true",
    "**.bn*.**, stage1.block0.bn1.weight, true",
    "a+b, aab, false",
  })
  void starsStayWithinASegmentAndTwoCrossIt(String pattern, String name, boolean matches) {
    assertThat(Glob.of(pattern).matches(name)).isEqualTo(matches);
  }
}
