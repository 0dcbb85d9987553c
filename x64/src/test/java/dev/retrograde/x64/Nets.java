package dev.retrograde.x64;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/// Small networks and whole training steps of them, written out.
final class Nets {
  private Nets() {}

  static Tensor dense(Trace t, String name, Tensor x, int out) {
    return t.scope(
        name,
        () ->
            t.add(
                t.matmul(
                    x, t.parameter("weight", DType.F32, new Init.Normal(0, 0.2), x.dim(1), out)),
                t.parameter("bias", DType.F32, new Init.Fill(0.1), out)));
  }

  static Tensor conv(Trace t, String name, Tensor x, int out, Geometry g) {
    return t.scope(
        name,
        () ->
            t.conv2d(
                x,
                t.parameter(
                    "filter",
                    DType.F32,
                    new Init.Normal(0, 0.2),
                    out,
                    g.kernelH(),
                    g.kernelW(),
                    x.dim(3) / g.groups()),
                g));
  }

  /// Batch norm with running statistics.
  static Tensor batchNorm(Trace t, String name, Tensor x) {
    return t.scope(
        name,
        () -> {
          Tensor mean = t.mean(x, 0, 1, 2);
          Tensor centred = t.sub(x, mean);
          Tensor variance = t.mean(t.mul(centred, centred), 0, 1, 2);
          Type type = mean.type();
          String m = t.dotted("mean");
          String v = t.dotted("variance");
          Tensor oldMean = t.state(m, Role.STATISTIC, type, new Init.Fill(0));
          Tensor oldVariance = t.state(v, Role.STATISTIC, type, new Init.Fill(1));
          t.assign(m, t.add(t.mul(oldMean, 0.9), t.mul(t.stopGradient(mean), 0.1)));
          t.assign(v, t.add(t.mul(oldVariance, 0.9), t.mul(t.stopGradient(variance), 0.1)));
          Tensor gamma = t.parameter("gamma", DType.F32, new Init.Fill(1.1), x.dim(3));
          Tensor beta = t.parameter("beta", DType.F32, new Init.Fill(0.1), x.dim(3));
          Tensor scale = t.mul(gamma, t.apply(Functions.RSQRT, t.add(variance, 1e-5)));
          return t.apply(Primitive.FMA, centred, scale, beta);
        });
  }

  static Tensor dropout(Trace t, Tensor x, double rate) {
    Tensor keep = t.lessEqual(t.constant(DType.F32, rate), t.uniform(x.type().extents()));
    return t.mul(t.select(keep, x, t.zeros(x.type())), 1 / (1 - rate));
  }

  /// Mean cross-entropy of `logits: [n, c]` and `labels: [n]`.
  static Tensor crossEntropy(Trace t, Tensor logits, Tensor labels) {
    int n = logits.dim(0);
    int c = logits.dim(1);
    Tensor most = t.stopGradient(t.reshape(t.max(logits, 1), n, 1));
    Tensor z = t.sub(logits, most);
    Tensor sum = t.log(t.sum(t.exp(z), 1));
    Tensor number = t.op(new MoveOp.Iota(Type.of(DType.I32, n, c), 1));
    Tensor hot = t.cast(t.equal(number, t.reshape(labels, n, 1)), DType.F32);
    return t.mean(t.sub(sum, t.sum(t.mul(hot, z), 1)));
  }

  /// A residual block with option A shortcut.
  static Tensor residual(Trace t, String name, Tensor h, int out, int stride) {
    return t.scope(
        name,
        () -> {
          Tensor r = conv(t, "conv1", h, out, Geometry.square(3, stride, 1));
          r = t.relu(batchNorm(t, "bn1", r));
          r = batchNorm(t, "bn2", conv(t, "conv2", r, out, Geometry.square(3, 1, 1)));
          return t.relu(t.add(r, shortcut(t, h, out, stride)));
        });
  }

  private static Tensor shortcut(Trace t, Tensor h, int out, int stride) {
    if (stride == 1 && out == h.dim(3)) {
      return h;
    }
    Tensor s =
        t.op(
            new MoveOp.Slice(
                List.of(0, 0, 0, 0),
                List.of(
                    h.dim(0),
                    (h.dim(1) + stride - 1) / stride,
                    (h.dim(2) + stride - 1) / stride,
                    h.dim(3)),
                List.of(1, stride, stride, 1)),
            h);
    int more = out - h.dim(3);
    List<Integer> low = List.of(0, 0, 0, more / 2);
    List<Integer> high = List.of(0, 0, 0, more - more / 2);
    return t.op(new MoveOp.Pad(low, high, List.of(0, 0, 0, 0), 0), s);
  }

  /// Forward, backward and an update with momentum for inputs `x` and `labels`.
  static Program step(String name, BiFunction<Trace, Tensor, Tensor> net, int... x) {
    return Trace.program(
        name,
        true,
        t -> {
          Tensor in = t.input("x", Type.of(DType.F32, x));
          Tensor labels = t.input("labels", Type.of(DType.I32, x[0]));
          Tensor logits = net.apply(t, in);
          Tensor loss = t.scope("loss", () -> crossEntropy(t, logits, labels));
          t.output("loss", loss);
          momentum(t, loss);
        });
  }

  /// Gradient descent on every parameter.
  static void momentum(Trace t, Tensor loss) {
    Map<String, Value> wanted = new LinkedHashMap<>();
    for (StateEntry s : t.state()) {
      if (s.role() == Role.PARAMETER) {
        wanted.put(s.name(), t.stateValue(s.name()).value());
      }
    }
    Map<String, Value> gradients = Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted);
    t.phase(Origin.Phase.UPDATE);
    gradients.forEach((name, g) -> {
      Tensor w = t.stateValue(name);
      Tensor old = t.state(name + ".momentum", Role.OPTIMIZER, w.type(), new Init.Fill(0));
      Tensor fresh = t.add(t.mul(old, 0.9), new Tensor(g));
      t.assign(name + ".momentum", fresh);
      t.assign(name, t.sub(w, t.mul(fresh, 0.05)));
    });
  }

  static Program mlp(int batch, int in, int... hidden) {
    return step(
        "mlp",
        (t, x) -> {
          Tensor h = x;
          for (int i = 0; i < hidden.length; i++) {
            h = t.relu(dense(t, "fc" + i, h, hidden[i]));
          }
          return dense(t, "out", h, 3);
        },
        batch,
        in);
  }

  static Program lenet(int batch, int side) {
    return step(
        "lenet",
        (t, x) -> {
          Geometry pool = Geometry.square(2, 2, 0);
          Tensor h = t.maxPool(t.relu(conv(t, "conv1", x, 6, Geometry.square(5, 1, 0))), pool);
          h = t.maxPool(t.relu(conv(t, "conv2", h, 16, Geometry.square(3, 1, 0))), pool);
          h = t.reshape(h, h.dim(0), -1);
          return dense(t, "out", t.relu(dense(t, "fc", h, 12)), 3);
        },
        batch,
        side,
        side,
        1);
  }

  /// One residual block a stage, the second and third halving the image.
  static Program resnet(int batch, int side, int blocks, int... widths) {
    return step(
        "resnet",
        (t, x) -> {
          Tensor h = conv(t, "stem", x, widths[0], Geometry.square(3, 1, 1));
          h = t.relu(batchNorm(t, "bn", h));
          for (int s = 0; s < widths.length; s++) {
            for (int b = 0; b < blocks; b++) {
              h = residual(t, "block" + s + b, h, widths[s], s > 0 && b == 0 ? 2 : 1);
            }
          }
          Tensor features = h;
          return t.scope("head", () -> dense(t, "out", t.mean(features, 1, 2), 3));
        },
        batch,
        side,
        side,
        3);
  }
}
