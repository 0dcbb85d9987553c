package dev.retrograde.nn;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.stream.IntStream;

/// The losses, and what counts as right; meant for static import.
public final class Losses {
  private Losses() {}

  /// Softmax cross-entropy of logits `[batch, classes]` with class numbers `i32 [batch]`:
  /// `log(sum(exp(z))) - z[label]`, shifted by the largest logit so that nothing overflows. A label
  /// outside the classes counts as a class of logit `max(z)`; readers refuse such labels.
  public static Loss crossEntropy() {
    return new CrossEntropy();
  }

  /// Mean over features of the squared difference. Class numbers stand for rows of zeros with a
  /// one.
  public static Loss mse() {
    return new MeanSquare();
  }

  /// Reads `cross-entropy` or `mse`.
  public static Loss parse(String spec) {
    return switch (spec) {
      case "cross-entropy" -> crossEntropy();
      case "mse" -> mse();
      default ->
          throw new IllegalArgumentException(
              "unknown loss '" + spec + "'; there are: cross-entropy, mse");
    };
  }

  /// How many rows of `output: [batch, classes]` are largest at their label `i32 [batch]`, as an
  /// i32 scalar; of equal outputs the first counts.
  public static Tensor correct(Trace t, Tensor output, Tensor labels) {
    classes("accuracy", t, output, labels);
    return t.sum(t.cast(t.equal(t.argmax(output, 1), labels), DType.I32));
  }

  /// `[batch, classes]`, true where the column is the row's label.
  private static Tensor hits(Trace t, Tensor output, Tensor labels) {
    List<Extent> shape = output.type().extents();
    Tensor column = t.op(new MoveOp.Iota(new Type(DType.I32, shape), 1));
    return t.equal(column, t.reshape(labels, labels.dim(0), 1));
  }

  private static void classes(String what, Trace t, Tensor output, Tensor labels) {
    if (output.rank() != 2
        || labels.rank() != 1
        || labels.dtype() != DType.I32
        || labels.dim(0) != output.dim(0)) {
      throw new ShapeException(
          what
              + " '"
              + t.path()
              + "': expected logits [batch, classes] and labels i32[batch], found "
              + output.type()
              + " and "
              + labels.type()
              + "\n  End the model with flatten() or globalAveragePool() and dense(classes).");
    }
  }

  private record CrossEntropy() implements Loss {
    @Override
    public String spec() {
      return "cross-entropy";
    }

    /// Its derivative comes out as softmax less one-hot: the shift carries no gradient (it
    /// cancels), and backward reads the exponentials, their sum and the mask.
    @Override
    public Tensor perSample(Trace t, Tensor output, Tensor targets) {
      classes("cross-entropy", t, output, targets);
      int n = output.dim(0);
      Tensor top = t.stopGradient(t.reshape(t.max(output, 1), n, 1));
      Tensor shifted = t.sub(output, top);
      Tensor logSum = t.log(t.sum(t.exp(shifted), 1));
      Tensor zero = t.constant(output.dtype(), 0);
      Tensor picked = t.sum(t.select(hits(t, output, targets), shifted, zero), 1);
      return t.sub(logSum, picked);
    }
  }

  private record MeanSquare() implements Loss {
    @Override
    public String spec() {
      return "mse";
    }

    @Override
    public Tensor perSample(Trace t, Tensor output, Tensor targets) {
      Tensor wanted = targets;
      if (targets.dtype() == DType.I32) {
        classes("mse", t, output, targets);
        wanted = t.cast(hits(t, output, targets), output.dtype());
      } else if (!targets.type().extents().equals(output.type().extents())) {
        throw new ShapeException(
            "mse '"
                + t.path()
                + "': expected targets of the output's shape, "
                + output.type()
                + ", found "
                + targets.type()
                + "\n  Reshape one of them.");
      }
      if (output.rank() == 1) {
        Tensor d = t.apply(Primitive.SUB, output, wanted);
        return t.mul(d, d);
      }
      Tensor d = t.apply(Primitive.SUB, output, wanted);
      return t.mean(t.mul(d, d), IntStream.range(1, output.rank()).toArray());
    }
  }
}
