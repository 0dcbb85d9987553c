package dev.retrograde.lab.backward;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.gelu;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.leakyRelu;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.reversible;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.sigmoid;
import static dev.retrograde.nn.Layers.silu;
import static dev.retrograde.nn.Layers.softplus;
import static dev.retrograde.nn.Layers.stage;
import static dev.retrograde.nn.Layers.tanh;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.train.Plan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A tiny network around one kind of layer, and what a step of it under a policy comes to.
final class PairNets {
  static final int BATCH = 4;
  private static final int SIZE = 8;
  private static final int CLASSES = 4;

  private PairNets() {}

  /// Networks in which backward reads values of this kind of layer and, as far as can be, of no
  /// other. All take `[4, 8, 8, 3]`.
  static List<Layer> of(LayerKind kind) {
    return switch (kind) {
      case CONV -> List.of(mapped(sequential(conv2d(CLASSES, 3), conv2d(CLASSES, 3))));
      case DENSE -> List.of(sequential(flatten(), dense(32), dense(32), dense(CLASSES)));
      case BATCH_NORM -> List.of(mapped(batchNorm()));
      case RELU -> List.of(mapped(relu()), mapped(leakyRelu(0.1)));
      case ACTIVATION ->
          List.of(
              mapped(tanh()),
              mapped(sigmoid()),
              mapped(silu()),
              mapped(gelu()),
              mapped(softplus()));
      case MAX_POOL -> List.of(mapped(maxPool(2)));
      case AVERAGE_POOL -> List.of(mapped(averagePool(2)));
      case DROPOUT -> List.of(mapped(dropout(0.5)));
      case ADDITION -> List.of(mapped(residual((t, x) -> t.mul(x, 0.5))));
      case RECURRENT -> List.of(PairNets::recurrent);
      case REVERSIBLE -> List.of(mapped(reversible(3, PairNets::function)));
      case REVERSIBLE_GRID -> List.of(mapped(reversible(3, PairNets::function).exact()));
      case OWN_RULE -> List.of(mapped(PairNets::straightThrough));
      case FOREIGN -> List.of(mapped(PairNets::callback));
    };
  }

  /// Something of everything that policies tell apart, in two stages.
  static Layer mixed() {
    return sequential(
        stage(
            "a",
            conv2d(4, 3),
            batchNorm(),
            relu(),
            conv2d(4, 3),
            tanh(),
            reversible(2, PairNets::function).exact()),
        stage(
            "b",
            conv2d(4, 3),
            batchNorm(),
            relu(),
            conv2d(4, 3),
            tanh(),
            reversible(2, PairNets::function).exact(),
            flatten(),
            dense(32),
            relu(),
            dense(32)),
        dense(CLASSES));
  }

  /// Walks along the first axis of a map, whose rows are its steps.
  private static Tensor recurrent(Trace t, Tensor x) {
    Tensor steps = t.reshape(x, BATCH, SIZE, SIZE * 3);
    Tensor h = t.scope("lstm", () -> Sequences.lstm(CLASSES).apply(t, steps));
    return t.mean(h, 1);
  }

  private static Layer function() {
    return sequential(batchNorm(), relu(), conv2d(CLASSES / 2, 3));
  }

  private static Layer mapped(Layer layer) {
    return sequential(named("first", conv2d(CLASSES, 3)), layer, globalAveragePool());
  }

  private static Tensor straightThrough(Trace t, Tensor x) {
    return new Control(t)
        .region(
            "sign",
            List.of(x),
            a -> Control.Kept.of(List.of(t.mul(a.get(0), a.get(0))), List.of(a.get(0))),
            (kept, dy) -> List.of(t.mul(t.apply(Functions.TANH, kept.get(0)), dy.get(0))))
        .get(0);
  }

  private static Tensor callback(Trace t, Tensor x) {
    return new Control(t)
        .region(
            "box",
            List.of(x),
            a ->
                Control.Kept.of(
                    new Control(t)
                        .foreign(
                            "double",
                            false,
                            List.of(x.type()),
                            in -> new HostTensor[] {twice(in[0])},
                            a.get(0)),
                    List.of(a.get(0))),
            (kept, dy) -> List.of(t.mul(t.apply(Functions.TANH, kept.get(0)), dy.get(0))))
        .get(0);
  }

  private static HostTensor twice(HostTensor x) {
    HostTensor y = HostTensor.zeros(x.type());
    for (int i = 0; i < x.size(); i++) {
      y.set(i, 2 * x.get(i));
    }
    return y;
  }

  static Plan plan(Layer net, Saving saving) {
    return new Plan(
        net,
        Losses.crossEntropy(),
        Optimizers.sgd(0.1).momentum(0.9),
        saving,
        List.of(SIZE, SIZE, 3));
  }

  /// The policy that a budget comes to.
  static Saving taken(Layer net, Saving.Budget budget, Target target) {
    return plan(net, budget).saved(BATCH, p -> target.forecast(p, Target.Options.DEFAULT)).policy();
  }

  /// The whole state after a step, bit for bit.
  static Map<String, List<Long>> step(Layer net, Saving saving, Target target) {
    Plan plan = plan(net, saving);
    Program p = plan.saved(BATCH, q -> target.forecast(q, Target.Options.DEFAULT)).program();
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      fill(e, 5);
      e.run();
      Map<String, List<Long>> all = new LinkedHashMap<>();
      for (StateEntry s : state.entries()) {
        HostTensor h = state.get(s.name());
        List<Long> bits = new ArrayList<>();
        for (int i = 0; i < h.size(); i++) {
          bits.add(h.bits(i));
        }
        all.put(s.name(), bits);
      }
      return all;
    }
  }

  /// Gradients of all parameters, one after another, under several random keys.
  static List<double[]> gradients(Layer net, Saving saving, Target target, int keys) {
    Plan plan = plan(net, saving);
    Program p = plan.gradients(BATCH, q -> target.forecast(q, Target.Options.DEFAULT));
    try (StateStore state = StateStore.of(3, plan.joint(BATCH));
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      List<double[]> all = new ArrayList<>();
      for (int key = 0; key < keys; key++) {
        fill(e, dropoutKey(plan) ? 5 : key);
        e.run();
        all.add(gradient(e, state));
      }
      return all;
    }
  }

  /// Whether the model itself draws numbers, which must then be the same ones.
  private static boolean dropoutKey(Plan plan) {
    return plan.joint(BATCH).inputs().stream().anyMatch(i -> i.name().equals("key"));
  }

  private static double[] gradient(Executable e, StateStore state) {
    List<Double> all = new ArrayList<>();
    for (StateEntry s : state.entries()) {
      if (s.role() == StateEntry.Role.PARAMETER) {
        MemorySegment m = e.output(s.name());
        for (int i = 0; i < s.type().size(); i++) {
          all.add((double) m.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
      }
    }
    return all.stream().mapToDouble(v -> v).toArray();
  }

  /// Euclidean.
  static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  static double cosine(double[] a, double[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  private static void fill(Executable e, int key) {
    Random random = new Random(7);
    for (Program.Named i : e.program().inputs()) {
      MemorySegment m = e.input(i.name());
      Type t = i.value().type();
      switch (i.name()) {
        case "labels" -> {
          for (int k = 0; k < t.size(); k++) {
            m.setAtIndex(ValueLayout.JAVA_INT, k, k % CLASSES);
          }
        }
        case "key" -> {
          m.setAtIndex(ValueLayout.JAVA_INT, 0, 11);
          m.setAtIndex(ValueLayout.JAVA_INT, 1, key);
        }
        case "lr" -> m.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 0.1f);
        default -> {
          if (t.dtype() != DType.F32) {
            throw new AssertionError("an unknown input '" + i.name() + "'");
          }
          for (int k = 0; k < t.size(); k++) {
            m.setAtIndex(ValueLayout.JAVA_FLOAT, k, (float) random.nextGaussian());
          }
        }
      }
    }
  }
}
