package dev.retrograde.nn;

import dev.retrograde.ir.MapOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Makes layers; meant for static import.
///
/// ```java
/// Layer net = sequential(
///     conv2d(16, 3).noBias(), batchNorm(), relu(), maxPool(2),
///     flatten(), dense(10));
/// ```
public final class Layers {
  private Layers() {}

  // Layers with parameters.

  /// A product with a weight matrix, plus a bias; Kaiming start.
  public static Dense dense(int out) {
    return new Dense(out, true, Initializer.kaiming(), Site.here());
  }

  /// A convolution with a square kernel; stride 1, padding that keeps the size, with bias.
  public static Conv2d conv2d(int out, int kernel) {
    return conv2d(out, kernel, kernel);
  }

  /// A convolution with a kernel of this height and width.
  public static Conv2d conv2d(int out, int kernelH, int kernelW) {
    Window w = new Window(kernelH, kernelW, 1, 1, Padding.same(), 1, 1);
    return new Conv2d(out, w, 1, true, Initializer.kaiming(), Site.here());
  }

  /// A row of numbers for each code: `i32 [...]` to `[..., size]`.
  ///
  /// @param symbols how many codes there are
  public static Embedding embedding(int symbols, int size) {
    return new Embedding(symbols, size, false, DType.F32, Initializer.normal(1), Site.here());
  }

  /// Batch normalisation of the last axis; epsilon 1e-5, momentum 0.1.
  public static BatchNorm batchNorm() {
    return new BatchNorm(1e-5, 0.1, false, Site.here());
  }

  // Layers without.

  public static Layer relu() {
    return new Activation("relu", Functions.RELU);
  }

  /// `x` above 0, `slope x` elsewhere.
  public static Layer leakyRelu(double slope) {
    return new LeakyRelu(slope);
  }

  public static Layer tanh() {
    return new Activation("tanh", Functions.TANH);
  }

  public static Layer sigmoid() {
    return new Activation("sigmoid", Functions.SIGMOID);
  }

  /// `x sigmoid(x)`, also called swish.
  public static Layer silu() {
    return new Activation("silu", Functions.SILU);
  }

  /// `x Phi(x)`, in its exact form.
  public static Layer gelu() {
    return new Activation("gelu", Functions.GELU);
  }

  /// `log(1 + e^x)`.
  public static Layer softplus() {
    return new Activation("softplus", Functions.SOFTPLUS);
  }

  /// `x` held between two numbers, whose derivative is 1 between them and 0 elsewhere.
  public static Layer hardTanh(double low, double high) {
    return new HardTanh(low, high);
  }

  /// Zeros a share `rate` of the elements in training.
  public static Dropout dropout(double rate) {
    return new Dropout(rate);
  }

  /// Largest element of each window; the stride is the window's size.
  public static Pool maxPool(int size) {
    return new Pool(true, Window.square(size, size, Padding.valid()), Site.here());
  }

  /// Mean of each window; the stride is the window's size.
  public static Pool averagePool(int size) {
    return new Pool(false, Window.square(size, size, Padding.valid()), Site.here());
  }

  /// `[n, h, w, c]` to the mean of each channel, `[n, c]`.
  public static Layer globalAveragePool() {
    return new GlobalAveragePool(Site.here());
  }

  /// `[n, ...]` to `[n, features]`.
  public static Layer flatten() {
    return new Flatten();
  }

  /// Every `stride`-th row and column, padded with zero channels up to `channels`.
  public static Layer subsample(int stride, int channels) {
    return new Subsample(stride, channels, Site.here());
  }

  public static Layer identity() {
    return (t, x) -> x;
  }

  // Layers of layers.

  /// Layers one after another; unnamed ones are called by kind and number.
  public static Layer sequential(Layer... layers) {
    return new Sequential(List.of(layers));
  }

  /// A layer under a name: one segment of its path, the prefix of its parameters' names.
  public static Layer named(String name, Layer layer) {
    return new Named(name, layer);
  }

  /// One layer or a sequence under a name.
  public static Layer stage(String name, Layer... layers) {
    return new Named(name, layers.length == 1 ? layers[0] : sequential(layers));
  }

  /// A stage between whose likes recomputation may cut.
  ///
  /// @param name begins with `block`, which is how saving policies know it
  public static Layer block(String name, Layer... layers) {
    if (!name.startsWith("block")) {
      throw new IllegalArgumentException(
          "a block's name begins with 'block', found '" + name + "'; use stage() for other names");
    }
    return stage(name, layers);
  }

  /// `branch(x) + x`.
  public static Layer residual(Layer branch) {
    return residual(branch, identity());
  }

  /// `branch(x) + shortcut(x)`.
  public static Layer residual(Layer branch, Layer shortcut) {
    return new Residual(branch, shortcut, Site.here());
  }

  /// One reversible unit: `y1 = x1 + f(x2)`, `y2 = x2 + g(y1)` for the halves of the channels.
  public static Reversible reversible(Layer f, Layer g) {
    return new Reversible(List.of(CoupledUnit.of(f, g)), MapOp.Couple.PLAIN, Site.here());
  }

  /// `n` reversible units, whose functions come from `branch`.
  ///
  /// ```java
  /// Layer stage = stage("stage1", reversible(3, () -> sequential(
  ///     batchNorm(), relu(), conv2d(16, 3).noBias(),
  ///     batchNorm(), relu(), conv2d(16, 3).noBias())));
  /// ```
  ///
  /// @param branch makes a function that keeps the shape of half of the channels; asked twice a
  ///   unit
  public static Reversible reversible(int n, Supplier<Layer> branch) {
    List<CoupledUnit> units = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      units.add(CoupledUnit.of(branch.get(), branch.get()));
    }
    return new Reversible(units, MapOp.Couple.PLAIN, Site.here());
  }

  /// These units in a row; the first of a stage may change sizes by a shortcut.
  public static Reversible reversible(List<CoupledUnit> units) {
    return new Reversible(units, MapOp.Couple.PLAIN, Site.here());
  }

  /// `each` on either half of the channels, with parameters of its own, the results joined: a way
  /// from a reversible stage to a head that does not copy the halves.
  public static Layer eachHalf(Layer each) {
    return new EachHalf(each, Site.here());
  }
}
