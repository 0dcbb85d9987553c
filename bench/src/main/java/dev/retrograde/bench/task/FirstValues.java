package dev.retrograde.bench.task;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;

/// The first weights and the batch of a task, equal for both sides and for every run.
///
/// Weights are Kaiming uniform (He et al., arXiv 1502.01852): from `-sqrt(6 / fanIn)` to `sqrt(6 /
/// fanIn)`, which keeps the variance through ReLU. Each parameter draws from its own generator,
/// seeded by the seed and its position, so that names may change. [Random] is used because its
/// sequence is laid down in its documentation.
public final class FirstValues {
  private FirstValues() {}

  /// Values for every parameter of `task`, by name and in its order.
  public static Map<String, float[]> parameters(PeerTask task, long seed) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec parameter : task.parameters()) {
      values.put(parameter.name(), draw(parameter, stream(seed, values.size())));
    }
    return values;
  }

  /// A batch of `samples` inputs, uniform from -0.5 to 0.5, with uniform labels.
  public static Batch batch(PeerTask task, int samples, long seed) {
    RandomGenerator random = stream(seed, -1);
    float[] x = uniform(random, Math.multiplyExact(samples, task.sampleSize()), 0.5f);
    int[] labels = new int[task.classes() == 0 ? 0 : samples];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextInt(task.classes());
    }
    return new Batch(x, labels);
  }

  /// `length` values, uniform from -1 to 1.
  public static float[] uniform(int length, long seed) {
    return uniform(stream(seed, 0), length, 1);
  }

  private static float[] draw(ParameterSpec parameter, RandomGenerator random) {
    float kaiming = (float) Math.sqrt(6.0 / parameter.fanIn());
    return switch (parameter.kind()) {
      case ParameterSpec.Dense() -> uniform(random, parameter.size(), kaiming);
      case ParameterSpec.DenseAfterImage(int _, int _, int _) ->
          uniform(random, parameter.size(), kaiming);
      case ParameterSpec.Filter() -> uniform(random, parameter.size(), kaiming);
      case ParameterSpec.Constant(float start) -> {
        float[] values = new float[parameter.size()];
        Arrays.fill(values, start);
        yield values;
      }
      case ParameterSpec.Operand() -> uniform(random, parameter.size(), 2);
    };
  }

  private static RandomGenerator stream(long seed, int position) {
    return new Random(seed * 0x9E3779B97F4A7C15L + position);
  }

  private static float[] uniform(RandomGenerator random, int length, float bound) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return values;
  }
}
