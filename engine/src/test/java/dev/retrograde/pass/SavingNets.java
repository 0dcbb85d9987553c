package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/// Training steps on which saving policies have something to do: reversible units, and nets of
/// random layers.
final class SavingNets {
  private static final Geometry CONV = Geometry.square(3, 1, 1);
  private static final Geometry HALVE = Geometry.square(2, 2, 0);

  private SavingNets() {}

  /// Coupled units on the halves of the channels, each below a block of its own.
  static Tensor reversible(
      Trace t, Tensor x, int units, int grid, BiFunction<Trace, Tensor, Tensor> branch) {
    int c = x.dim(3) / 2;
    List<Integer> half = List.of(x.dim(0), x.dim(1), x.dim(2), c);
    Tensor first = t.slice(x, List.of(0, 0, 0, 0), half);
    Tensor second = t.slice(x, List.of(0, 0, 0, c), half);
    if (grid != MapOp.Couple.PLAIN) {
      first = t.snap(first, grid);
      second = t.snap(second, grid);
    }
    for (int i = 0; i < units; i++) {
      Tensor x1 = first;
      Tensor x2 = second;
      first =
          t.scope("block" + i, () -> t.couple(x1, t.scope("f", () -> branch.apply(t, x2)), grid));
      Tensor y1 = first;
      second =
          t.scope("block" + i, () -> t.couple(x2, t.scope("g", () -> branch.apply(t, y1)), grid));
    }
    return t.concat(3, first, second);
  }

  /// Norm, relu, convolution, and dropout if asked for: a function that keeps the shape.
  static Tensor branch(Trace t, Tensor x, double dropout) {
    Tensor h = t.relu(Nets.batchNorm(t, "bn", x));
    if (dropout > 0) {
      h = Nets.dropout(t, h, dropout);
    }
    return Nets.conv(t, "conv", h, x.dim(3), CONV);
  }

  /// A stem, reversible units and a head.
  static Program revnet(int units, int grid, double dropout) {
    return Nets.step(
        "revnet",
        (t, x) -> {
          Tensor h = Nets.conv(t, "stem", x, 8, CONV);
          Tensor stem = t.relu(Nets.batchNorm(t, "bn", h));
          Tensor y =
              t.scope(
                  "stage", () -> reversible(t, stem, units, grid, (u, z) -> branch(u, z, dropout)));
          return t.scope("head", () -> Nets.dense(t, "out", t.mean(y, 1, 2), 3));
        },
        4,
        6,
        6,
        3);
  }

  /// Four to eight random layers between a convolution and a classifier. Equal seeds give equal
  /// nets.
  static Program random(long seed) {
    return Nets.step(
        "random" + seed,
        (t, x) -> {
          Random r = new Random(seed);
          Tensor h = Nets.conv(t, "stem", x, 8, CONV);
          int n = 4 + r.nextInt(5);
          for (int i = 0; i < n; i++) {
            Tensor in = h;
            String name = (r.nextBoolean() ? "block" : "layer") + i;
            h = t.scope(name, () -> layer(t, in, r));
          }
          return head(t, h, r);
        },
        2,
        6,
        6,
        3);
  }

  private static Tensor head(Trace t, Tensor h, Random r) {
    return t.scope(
        "head",
        () -> {
          Tensor features =
              switch (r.nextInt(3)) {
                case 0 -> t.mean(h, 1, 2);
                case 1 -> t.max(h, 1, 2);
                default -> t.reshape(h, h.dim(0), -1);
              };
          Tensor hidden = t.relu(Nets.dense(t, "hidden", features, 24));
          Tensor wide = t.apply(Functions.TANH, Nets.dense(t, "wide", hidden, 32));
          return Nets.dense(t, "out", wide, 3);
        });
  }

  private static Tensor layer(Trace t, Tensor x, Random r) {
    return switch (r.nextInt(12)) {
      case 0 -> Nets.conv(t, "conv", x, 8, CONV);
      case 1 -> t.relu(Nets.batchNorm(t, "bn", Nets.conv(t, "conv", x, 8, CONV)));
      case 2 -> t.apply(Functions.GELU, x);
      case 3 -> t.apply(Functions.SIGMOID, Nets.batchNorm(t, "bn", x));
      case 4 -> Nets.dropout(t, x, 0.25);
      case 5 -> x.dim(1) > 4 ? t.maxPool(x, HALVE) : t.relu(x);
      case 6 -> x.dim(1) > 4 ? t.mul(t.windowSum(x, HALVE), 0.25) : t.abs(x);
      case 7 -> t.add(x, branch(t, x, 0));
      case 8 -> t.relu(t.add(x, Nets.batchNorm(t, "bn", Nets.conv(t, "conv", x, 8, CONV))));
      case 9 -> halves(t, x, h -> t.relu(Nets.conv(t, "conv", h, 4, CONV)));
      case 10 -> reversible(t, x, 1 + r.nextInt(2), 16, (u, h) -> branch(u, h, 0.2));
      default -> turned(t, x);
    };
  }

  /// One half changed, joined again the other way round.
  private static Tensor halves(Trace t, Tensor x, UnaryOperator<Tensor> f) {
    List<Integer> half = List.of(x.dim(0), x.dim(1), x.dim(2), x.dim(3) / 2);
    Tensor a = t.slice(x, List.of(0, 0, 0, 0), half);
    Tensor b = t.slice(x, List.of(0, 0, 0, x.dim(3) / 2), half);
    return t.concat(3, f.apply(b), t.mul(a, b));
  }

  /// Leaves as a view of what was computed.
  private static Tensor turned(Trace t, Tensor x) {
    Tensor y = t.apply(Functions.SILU, Nets.batchNorm(t, "bn", x));
    return t.transpose(y, 0, 2, 1, 3);
  }

  /// Outputs and state after one step.
  static Map<String, HostTensor> first(Target target, Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      Comparison.fill(e, 5);
      e.run();
      return Comparison.seen(e, state);
    }
  }
}
