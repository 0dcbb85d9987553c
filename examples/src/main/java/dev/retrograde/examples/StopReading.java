package dev.retrograde.examples;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// A recurrent unit that learns when to stop reading.
///
/// Each row is a noisy measurement of one hidden sign, 24 times over; in even rows the sign stands
/// out, in odd ones it hardly does. Each trip of the loop reads one number more, and is paid for.
/// The unit says after each how much of its answer is settled; it stops when all is.
///
/// The rule is adaptive computation time (Graves, "Adaptive computation time for recurrent neural
/// networks", 2016, sections 2 and 2.1): the answer is the mean of the trips' answers, weighted by
/// what each settles, and the cost is trips plus what was left for the last one. The number of
/// trips has no gradient, the rest does. It departs from the paper where a trip reads the next
/// number instead of the same input again, and where squares of the state say what is settled.
public final class StopReading {
  private static final DType F = DType.F32;
  private static final int ROWS = 64;
  private static final int LENGTH = 24;
  private static final int HIDDEN = 8;
  private static final double SETTLED = 1 - 0.01;

  /// Price of a trip, in units of the loss.
  private static final double PRICE = 0.1;

  private StopReading() {}

  /// The unit's parameters.
  private record Unit(
      Trace t, Tensor in, Tensor state, Tensor bias, Tensor answer, Tensor settle, Tensor first) {
    static Unit of(Trace t) {
      return new Unit(
          t,
          t.parameter("in", F, new Init.Normal(0, 0.5), HIDDEN),
          t.parameter("state", F, new Init.Normal(0, 0.3), HIDDEN, HIDDEN),
          t.parameter("bias", F, new Init.Fill(0), HIDDEN),
          t.parameter("answer", F, new Init.Normal(0, 0.3), HIDDEN),
          t.parameter("settle", F, new Init.Fill(0), HIDDEN),
          t.parameter("first", F, new Init.Fill(-2.5)));
    }

    Tensor next(Tensor s, Tensor x) {
      Tensor sum = t.add(t.matmul(s, state), t.add(t.mul(in, x), bias));
      return t.apply(Functions.TANH, sum);
    }

    /// The log odds of a plus sign.
    Tensor answer(Tensor s) {
      return t.sum(t.mul(s, answer));
    }

    /// How much this trip would settle. Judges by squares, since both signs are alike; begins with
    /// a small share whatever it read.
    Tensor share(Tensor s) {
      Tensor sizes = t.mul(s, s);
      return t.apply(Functions.SIGMOID, t.add(t.sum(t.mul(sizes, settle)), first));
    }
  }

  /// What is known of one row when reading ends.
  private record Read(Tensor answer, Tensor rest, Tensor trips) {}

  private static Read read(Trace t, Unit unit, Tensor row) {
    Tensor zero = t.constant(F, 0);
    List<Tensor> end =
        new Control(t)
            .whileLoop(
                LENGTH,
                List.of(t.constant(DType.I32, 0), t.zeros(Type.of(F, HIDDEN)), zero, zero, zero),
                v -> t.less(v.get(2), t.constant(F, SETTLED)),
                v -> {
                  Tensor trip = t.add(v.get(0), 1);
                  Tensor s = unit.next(v.get(1), t.op(new MoveOp.Gather(), row, v.get(0)));
                  Tensor before = v.get(2);
                  Tensor after = t.add(before, unit.share(s));
                  Tensor last =
                      t.apply(
                          Primitive.OR,
                          t.lessEqual(t.constant(F, SETTLED), after),
                          t.equal(trip, t.constant(DType.I32, LENGTH)));
                  Tensor rest = t.add(t.neg(before), 1);
                  Tensor share = t.select(last, rest, unit.share(s));
                  return List.of(
                      trip,
                      s,
                      t.select(last, t.constant(F, 1), after),
                      t.add(v.get(3), t.mul(unit.answer(s), share)),
                      rest);
                });
    return new Read(end.get(3), end.get(4), end.get(0));
  }

  /// Reads all rows; gives the mean of loss and cost.
  static Tensor total(Trace t) {
    Tensor x = t.input("x", Type.of(F, ROWS, LENGTH));
    Tensor sign = t.input("sign", Type.of(F, ROWS));
    Unit unit = Unit.of(t);
    Stepped rows =
        new Control(t)
            .scan(
                List.of(),
                List.of(x, sign),
                (i, carried, row) -> {
                  Read r = read(t, unit, row.get(0));
                  Tensor right = t.mul(r.answer(), row.get(1));
                  Tensor loss = t.apply(Functions.SOFTPLUS, t.neg(right));
                  Tensor cost = t.mul(t.add(t.cast(r.trips(), F), r.rest()), PRICE);
                  return new Stepped(List.of(), List.of(loss, cost, r.trips(), right));
                });
    Tensor cost = t.mean(rows.rows().get(1));
    Tensor total = t.add(t.mean(rows.rows().get(0)), cost);
    t.output("total", total);
    t.output("cost", cost);
    t.output("trips", rows.rows().get(2));
    t.output("right", rows.rows().get(3));
    return total;
  }

  /// Reads all rows, and moves the parameters if it is training.
  static Program program(boolean training) {
    return Trace.program(
        training ? "train" : "test",
        training,
        t -> {
          Tensor total = total(t);
          if (training) {
            train(t, total);
          }
        });
  }

  private static void train(Trace t, Tensor loss) {
    Map<String, Value> wrt = new LinkedHashMap<>();
    t.state().stream()
        .filter(s -> s.role() == Role.PARAMETER)
        .forEach(s -> wrt.put(s.name(), t.stateValue(s.name()).value()));
    Map<String, Tensor> gradients = new HashMap<>();
    Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
        .forEach((name, g) -> gradients.put(name, new Tensor(g)));
    Optimizers.adam(0.01).update(t, gradients, t.constant(F, 0.01));
  }

  /// Draws rows.
  static void draw(Random r, Executable run) {
    for (int i = 0; i < ROWS; i++) {
      float sign = r.nextBoolean() ? 1 : -1;
      double size = i % 2 == 0 ? 2 : 0.4;
      run.input("sign").setAtIndex(ValueLayout.JAVA_FLOAT, i, sign);
      for (int k = 0; k < LENGTH; k++) {
        float x = (float) (sign * size + r.nextGaussian());
        run.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, (long) i * LENGTH + k, x);
      }
    }
  }

  /// What a test says.
  ///
  /// @param total loss and cost
  /// @param clear mean of trips in rows whose sign stands out
  /// @param noisy the same in the others
  /// @param right share of rows whose sign was found
  record Figures(double total, double cost, double clear, double noisy, double right) {
    static Figures of(Executable run) {
      double[] trips = new double[2];
      int right = 0;
      for (int i = 0; i < ROWS; i++) {
        trips[i % 2] += run.output("trips").getAtIndex(ValueLayout.JAVA_INT, i) * 2.0 / ROWS;
        right += run.output("right").getAtIndex(ValueLayout.JAVA_FLOAT, i) > 0 ? 1 : 0;
      }
      return new Figures(
          run.output("total").get(ValueLayout.JAVA_FLOAT, 0),
          run.output("cost").get(ValueLayout.JAVA_FLOAT, 0),
          trips[0],
          trips[1],
          (double) right / ROWS);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "loss %.3f + cost %.3f = %.3f, trips %.1f where clear, %.1f where noisy, %.0f %% right",
          total - cost,
          cost,
          total,
          clear,
          noisy,
          100 * right);
    }
  }

  /// Figures of a test before and after training.
  static List<Figures> learn(Target target, int steps) {
    Program train = program(true);
    Program test = program(false);
    try (StateStore state = StateStore.of(1, train, test);
        Executable step = target.compile(train, state, Target.Options.DEFAULT);
        Executable measure = target.compile(test, state, Target.Options.DEFAULT)) {
      draw(new Random(2), measure);
      measure.run();
      Figures before = Figures.of(measure);
      Random samples = new Random(1);
      for (int i = 0; i < steps; i++) {
        draw(samples, step);
        step.run();
      }
      measure.run();
      return List.of(before, Figures.of(measure));
    }
  }

  public static void main(String[] args) {
    List<Figures> figures = learn(Targets.find().choose("auto").target(), 600);
    System.out.println("before: " + figures.get(0));
    System.out.println("after:  " + figures.get(1));
  }
}
