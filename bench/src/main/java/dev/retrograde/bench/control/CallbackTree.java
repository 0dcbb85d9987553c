package dev.retrograde.bench.control;

import dev.retrograde.callback.Array;
import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.Cont;
import dev.retrograde.callback.Contraction;
import dev.retrograde.callback.Counters;
import dev.retrograde.callback.Flow;
import dev.retrograde.callback.Gradients;
import dev.retrograde.callback.Losses;
import dev.retrograde.callback.Ops;
import dev.retrograde.callback.Var;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The TreeLSTM by eager callbacks, in plain Java: what the other sides mean, not a fast way.
///
/// Numbers are f64 rounded to f32 after each operator. Each step runs on a thread with a stack of
/// its own, since the whole forward pass is on it when backward begins; making that thread is a
/// thousandth of a step.
public final class CallbackTree implements TreeSide {
  private static final int STACK_MEBIBYTES = 256;
  private static final Contraction ROW_MATRIX = Contraction.of("i,ij->j");
  private static final double EPSILON = 1e-10;

  private final TreeWork work;
  private final int hidden;
  private final Map<String, double[]> values = new LinkedHashMap<>();
  private final Map<String, double[]> sums = new LinkedHashMap<>();
  private final Map<String, int[]> shapes = new LinkedHashMap<>();
  private Counters counters = new Counters(0, 0, 0, 0);

  private record State(Var h, Var c, Var loss) {}

  /// Makes nothing yet but the shapes of parameters.
  public CallbackTree(TreeWork work, TreeWeights shape) {
    this.work = work;
    this.hidden = shape.hidden();
    shapes.put(TreeWeights.LEAF, new int[] {work.width(), 3 * hidden});
    shapes.put(TreeWeights.LEAF_BIAS, new int[] {3 * hidden});
    shapes.put(TreeWeights.LEFT, new int[] {hidden, 5 * hidden});
    shapes.put(TreeWeights.RIGHT, new int[] {hidden, 5 * hidden});
    shapes.put(TreeWeights.BIAS, new int[] {4 * hidden});
    shapes.put(TreeWeights.FC, new int[] {hidden, TreeWork.CLASSES});
    shapes.put(TreeWeights.FC_BIAS, new int[] {TreeWork.CLASSES});
  }

  @Override
  public String name() {
    return "callbacks";
  }

  @Override
  public void restart(Map<String, float[]> first) {
    shapes
        .keySet()
        .forEach(name -> {
          float[] numbers = first.get(name);
          if (numbers == null) {
            throw new IllegalArgumentException("callbacks: no first value of '" + name + "'");
          }
          double[] wide = new double[numbers.length];
          for (int i = 0; i < wide.length; i++) {
            wide[i] = numbers[i];
          }
          values.put(name, wide);
          sums.put(name, new double[wide.length]);
        });
  }

  @Override
  public float step(TreeWork.Item item) {
    List<Array> parameters = new ArrayList<>();
    shapes.forEach((name, shape) -> parameters.add(Array.of(shape, found(values, name))));
    Gradients gradients =
        Callbacks.onStack(
            STACK_MEBIBYTES,
            () ->
                Callbacks.standard()
                    .withoutChecks()
                    .inF32()
                    .gradients((op, p, k) -> new Network(op, p, item).run(k), parameters));
    int parameter = 0;
    for (String name : shapes.keySet()) {
      update(found(values, name), found(sums, name), gradients.gradients().get(parameter++));
    }
    counters = gradients.counters();
    return (float) gradients.loss();
  }

  private static double[] found(Map<String, double[]> all, String name) {
    double[] one = all.get(name);
    if (one == null) {
      throw new IllegalStateException("callbacks: no '" + name + "' yet; call restart first");
    }
    return one;
  }

  private static void update(double[] value, double[] sum, Array gradient) {
    for (int i = 0; i < value.length; i++) {
      double g = gradient.get(i);
      sum[i] = (float) (sum[i] + g * g);
      value[i] = (float) (value[i] - RATE * g / (Math.sqrt(sum[i]) + EPSILON));
    }
  }

  /// What the last step did.
  public Counters counters() {
    return counters;
  }

  /// The network on one tree.
  private final class Network {
    private final Ops op;
    private final Flow flow;
    private final Losses losses;
    private final List<Var> p;
    private final TreeWork.Item item;

    Network(Ops op, List<Var> p, TreeWork.Item item) {
      this.op = op;
      this.flow = new Flow(op);
      this.losses = new Losses(op);
      this.p = p;
      this.item = item;
    }

    void run(Cont<Var> k) {
      int[] left = item.tree().lefts();
      int[] right = item.tree().rights();
      flow.<State>treeFold(
          left, right, this::leaf, (l, r, i, next) -> inner(i, l, r, next), s -> k.run(s.loss()));
    }

    private void leaf(int i, Cont<State> k) {
      Var word = op.constant(Array.fill(new int[] {work.width()}, j -> vector(i, j)));
      op.contract(
          ROW_MATRIX,
          word,
          p.get(0),
          x ->
              op.add(
                  x,
                  p.get(1),
                  s ->
                      gate(
                          s,
                          0,
                          true,
                          in ->
                              gate(
                                  s,
                                  2,
                                  false,
                                  u ->
                                      op.mul(
                                          in, u, c -> gate(s, 1, true, o -> state(i, o, c, k)))))));
    }

    private double vector(int node, int j) {
      return work.vectors()[item.word()[node] * work.width() + j];
    }

    private void inner(int i, State l, State r, Cont<State> k) {
      op.contract(
          ROW_MATRIX,
          l.h(),
          p.get(2),
          x ->
              op.contract(
                  ROW_MATRIX,
                  r.h(),
                  p.get(3),
                  y ->
                      op.add(
                          x,
                          y,
                          products ->
                              biased(
                                  products,
                                  s ->
                                      gate(
                                          s,
                                          0,
                                          true,
                                          in ->
                                              gate(
                                                  s,
                                                  2,
                                                  false,
                                                  u ->
                                                      op.mul(
                                                          in,
                                                          u,
                                                          fresh ->
                                                              kept(
                                                                  s,
                                                                  3,
                                                                  l,
                                                                  a ->
                                                                      kept(
                                                                          s,
                                                                          4,
                                                                          r,
                                                                          b ->
                                                                              op.add(
                                                                                  fresh,
                                                                                  a,
                                                                                  sum ->
                                                                                      op.add(
                                                                                          sum,
                                                                                          b,
                                                                                          c ->
                                                                                              gate(
                                                                                                  s,
                                                                                                  1,
                                                                                                  true,
                                                                                                  o ->
                                                                                                      state(
                                                                                                          i,
                                                                                                          o,
                                                                                                          c,
                                                                                                          own ->
                                                                                                              op
                                                                                                                  .add(
                                                                                                                      l
                                                                                                                          .loss(),
                                                                                                                      r
                                                                                                                          .loss(),
                                                                                                                      below ->
                                                                                                                          op
                                                                                                                              .add(
                                                                                                                                  below,
                                                                                                                                  own
                                                                                                                                      .loss(),
                                                                                                                                  all ->
                                                                                                                                      k
                                                                                                                                          .run(
                                                                                                                                              new State(
                                                                                                                                                  own
                                                                                                                                                      .h(),
                                                                                                                                                  own
                                                                                                                                                      .c(),
                                                                                                                                                  all)))))))))))))))));
    }

    /// The forget gates share the last part of the bias.
    private void biased(Var products, Cont<Var> k) {
      Var four = p.get(4);
      op.slice(
          four,
          0,
          3 * hidden,
          4 * hidden,
          f -> op.concat(0, List.of(four, f), five -> op.add(products, five, k)));
    }

    private void kept(Var s, int gate, State child, Cont<Var> k) {
      gate(s, gate, true, f -> op.mul(f, child.c(), k));
    }

    private void gate(Var s, int gate, boolean sigmoid, Cont<Var> k) {
      op.slice(
          s,
          0,
          gate * hidden,
          (gate + 1) * hidden,
          x -> {
            if (sigmoid) {
              op.sigmoid(x, k);
            } else {
              op.tanh(x, k);
            }
          });
    }

    private void state(int i, Var o, Var c, Cont<State> k) {
      op.tanh(
          c,
          t ->
              op.mul(
                  o,
                  t,
                  h ->
                      op.contract(
                          ROW_MATRIX,
                          h,
                          p.get(5),
                          x ->
                              op.add(
                                  x,
                                  p.get(6),
                                  logits ->
                                      op.reshape(
                                          logits,
                                          new int[] {1, TreeWork.CLASSES},
                                          row ->
                                              losses.crossEntropy(
                                                  row,
                                                  new int[] {item.label()[i]},
                                                  loss -> k.run(new State(h, c, loss))))))));
    }
  }

  @Override
  public void close() {
    values.clear();
    sums.clear();
  }
}
