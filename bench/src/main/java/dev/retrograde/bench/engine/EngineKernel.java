package dev.retrograde.bench.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.retrograde.bench.task.KernelPeer;
import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelShape.Convolution;
import dev.retrograde.bench.task.KernelShape.Product;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;

/// One product or convolution of ours: a program of that op alone.
///
/// Design note. A program's result is copied to where the caller reads it, which no training step
/// does between its layers. So two programs are compiled: [#run] times one whose only output is the
/// first element of the result, [#result] runs one that gives it whole. What a padded convolution
/// needs besides, an image with a border of zeros, stays in what is timed: it is a copy here, while
/// in a network the layer before writes the border; [#shareOfBorder] says how much it is.
public final class EngineKernel implements KernelPeer {
  private static final String FIRST = "first";
  private static final String SECOND = "second";
  private static final String RESULT = "result";
  private static final List<String> BORDER = List.of("border", "copy");

  private final KernelShape shape;
  private final StateStore state;
  private final Executable timed;
  private final Executable whole;

  /// Compiles `shape` for `threads` threads (at least 1).
  public EngineKernel(Target target, KernelShape shape, int threads) {
    this.shape = shape;
    Program corner = program(shape, true);
    Program full = program(shape, false);
    Target.Options options = Target.Options.threads(threads);
    this.state = StateStore.of(0, corner, full);
    this.timed = target.compile(corner, state, options);
    this.whole = target.compile(full, state, options);
  }

  private static Program program(KernelShape shape, boolean corner) {
    return Trace.program(
        shape.name(),
        false,
        t -> {
          Tensor first = t.input(FIRST, type(shape.first()));
          Tensor second = t.input(SECOND, type(shape.second()));
          Tensor result = result(t, shape, first, second);
          int rank = result.rank();
          t.output(
              RESULT,
              corner
                  ? t.slice(result, Collections.nCopies(rank, 0), Collections.nCopies(rank, 1))
                  : result);
        });
  }

  private static Tensor result(Trace t, KernelShape shape, Tensor first, Tensor second) {
    return switch (shape) {
      case Product _ -> t.matmul(first, second);
      case Convolution c -> {
        Geometry g = Geometry.square(c.kernel(), c.stride(), c.padding());
        yield switch (c.direction()) {
          case FORWARD -> t.conv2d(first, second, g);
          case BACKWARD_DATA ->
              t.op(new LinearOp.ConvDataGrad(g, extents(c.input())), first, second);
          case BACKWARD_WEIGHTS ->
              t.op(new LinearOp.ConvFilterGrad(g, extents(c.filter())), first, second);
        };
      }
    };
  }

  private static Type type(List<Integer> dims) {
    return Type.of(DType.F32, dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private static List<Extent> extents(List<Integer> dims) {
    return type(dims).extents();
  }

  @Override
  public KernelShape shape() {
    return shape;
  }

  @Override
  public String implementation() {
    return timed.compiled().target();
  }

  @Override
  public void setOperands(float[] first, float[] second) {
    for (Executable each : List.of(timed, whole)) {
      write(each.input(FIRST), shape.first(), first);
      write(each.input(SECOND), shape.second(), second);
    }
  }

  private void write(MemorySegment place, List<Integer> expected, float[] values) {
    if (values.length != KernelShape.size(expected)) {
      throw new IllegalArgumentException(
          "Kernel '%s': expected %d values of shape %s, found %d"
              .formatted(shape.name(), KernelShape.size(expected), expected, values.length));
    }
    MemorySegment.copy(values, 0, place, JAVA_FLOAT, 0, values.length);
  }

  @Override
  public void run() {
    timed.run();
  }

  @Override
  public float[] result() {
    whole.run();
    return whole.output(RESULT).toArray(JAVA_FLOAT);
  }

  /// Where the time of [#run] goes.
  public KernelTimes times() {
    return KernelTimes.leastOf(timed::profile);
  }

  /// The part of [#run] spent on a copy of the image with a border, 0 to 1.
  public double shareOfBorder() {
    KernelTimes times = times();
    return (double) times.nanos(BORDER) / Math.max(1, times.nanos());
  }

  @Override
  public void close() {
    timed.close();
    whole.close();
    state.close();
  }
}
