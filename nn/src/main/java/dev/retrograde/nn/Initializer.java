package dev.retrograde.nn;

import dev.retrograde.ir.StateEntry.Init;

/// How the weights of a layer start, given how many numbers each of its outputs is made of.
///
/// Kaiming: He et al., "Delving deep into rectifiers", ICCV 2015, equation 10: deviation `sqrt(2 /
/// fan)`. Xavier: Glorot and Bengio, "Understanding the difficulty of training deep feedforward
/// neural networks", AISTATS 2010, equation 16: `sqrt(2 / (fanIn + fanOut))`. The even forms draw
/// from plus or minus `sqrt(3)` deviations.
@FunctionalInterface
public interface Initializer {
  /// @param fanIn products summed into one output: inputs of a dense layer, kernel height x width x
  ///   input channels of a group for a convolution
  /// @param fanOut outputs that one input reaches, counted alike
  Init of(long fanIn, long fanOut);

  /// Which side's variance Kaiming keeps: of values going forward, or of cotangents going back.
  enum Fan {
    IN,
    OUT
  }

  /// The default of dense layers and convolutions: keeps the variance of values through relu.
  static Initializer kaiming() {
    return kaimingNormal(Fan.IN);
  }

  static Initializer kaimingNormal(Fan fan) {
    return (in, out) -> new Init.Normal(0, Math.sqrt(2.0 / one(fan == Fan.IN ? in : out)));
  }

  static Initializer kaimingUniform(Fan fan) {
    return (in, out) -> even(Math.sqrt(2.0 / one(fan == Fan.IN ? in : out)));
  }

  /// Kaiming's deviation, from a normal cut at two deviations (which leaves 0.88 of the deviation).
  static Initializer kaimingTruncated(Fan fan) {
    return (in, out) -> new Init.TruncatedNormal(Math.sqrt(2.0 / one(fan == Fan.IN ? in : out)));
  }

  /// Even, with deviation `sqrt(1 / fanIn)`: keeps the variance of inputs of variance 1.
  static Initializer unitVariance() {
    return (in, out) -> even(Math.sqrt(1.0 / one(in)));
  }

  static Initializer xavierNormal() {
    return (in, out) -> new Init.Normal(0, Math.sqrt(2.0 / one(in + out)));
  }

  static Initializer xavierUniform() {
    return (in, out) -> even(Math.sqrt(2.0 / one(in + out)));
  }

  static Initializer normal(double deviation) {
    return (in, out) -> new Init.Normal(0, deviation);
  }

  static Initializer uniform(double low, double high) {
    return (in, out) -> new Init.Uniform(low, high);
  }

  static Initializer constant(double value) {
    return (in, out) -> new Init.Fill(value);
  }

  private static long one(long fan) {
    return Math.max(1, fan);
  }

  private static Init even(double deviation) {
    double half = Math.sqrt(3) * deviation;
    return new Init.Uniform(-half, half);
  }
}
