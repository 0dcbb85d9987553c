package dev.retrograde.examples;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Fits an orbit through Newton's method: a loop that runs as often as its numbers want.
///
/// On an orbit of eccentricity e, a planet at mean anomaly m (the share of the year) is at the
/// eccentric anomaly E, where E - e sin E = m (Kepler's equation), and at distance 1 - e cos E from
/// its sun. There is no formula for E. Newton's method finds it, and the gradient of the misfit in
/// e goes back through all of its trips.
///
/// The implicit function theorem knows the same gradient without the trips: dE/de = sin E / (1 - e
/// cos E). The program computes both.
public final class FitOrbit {
  private static final DType F = DType.F64;
  private static final int DAYS = 8;
  private static final double TOLERANCE = 1e-12;
  private static final double TRUE = 0.7;

  private FitOrbit() {}

  /// What one step found.
  ///
  /// @param trips of Newton's method
  /// @param byTrips gradient of the loss in e, through the trips
  /// @param byTheorem the same by the implicit function theorem
  record Fit(double e, int trips, double loss, double byTrips, double byTheorem) {}

  /// E of every day, and the number of trips. Starts at pi, from where Newton's method falls
  /// towards every root between 0 and pi.
  static List<Tensor> anomaly(Trace t, Tensor m, Tensor e) {
    Control c = new Control(t);
    Tensor pi = t.broadcast(t.constant(F, Math.PI), m.type().extents());
    return c.whileLoop(
        100,
        List.of(pi, t.constant(DType.I32, 0)),
        v -> t.less(t.constant(F, TOLERANCE), t.max(t.abs(error(t, v.get(0), m, e)))),
        v -> {
          Tensor slope = slope(t, v.get(0), e);
          Tensor next = t.sub(v.get(0), t.div(error(t, v.get(0), m, e), slope));
          return List.of(next, t.add(v.get(1), 1));
        });
  }

  private static Tensor error(Trace t, Tensor anomaly, Tensor m, Tensor e) {
    return t.sub(t.sub(anomaly, t.mul(e, t.apply(Functions.SIN, anomaly))), m);
  }

  private static Tensor slope(Trace t, Tensor anomaly, Tensor e) {
    return t.add(t.neg(t.mul(e, t.apply(Functions.COS, anomaly))), 1);
  }

  /// The misfit, with its gradient in e by the implicit function theorem as an output.
  static Tensor loss(Trace t) {
    Tensor m = t.input("m", Type.of(F, DAYS));
    Tensor observed = t.input("distance", Type.of(F, DAYS));
    Tensor e = t.parameter("e", F, new Init.Fill(0.1));
    List<Tensor> root = anomaly(t, m, e);
    Tensor anomaly = root.get(0);
    Tensor distance = slope(t, anomaly, e); // 1 - e cos E is both
    Tensor miss = t.sub(distance, observed);

    Tensor sin = t.apply(Functions.SIN, anomaly);
    Tensor byTheorem = t.div(sin, distance); // dE/de
    Tensor moves = // d(1 - e cos E)/de
        t.sub(t.mul(t.mul(e, sin), byTheorem), t.apply(Functions.COS, anomaly));
    t.output("trips", root.get(1));
    t.output("by theorem", t.mean(t.mul(t.mul(miss, moves), 2)));
    return t.mean(t.mul(miss, miss));
  }

  /// A training step: distances in, a better e out.
  static Program step() {
    return Trace.program(
        "orbit",
        true,
        t -> {
          Tensor loss = loss(t);
          Map<String, Value> wrt = Map.of("e", t.stateValue("e").value());
          t.output("loss", loss);
          Map<String, Tensor> gradients = new HashMap<>();
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> gradients.put(name, new Tensor(g)));
          gradients.forEach((name, g) -> t.output("by trips", g));
          Optimizers.sgd(0.25).update(t, gradients, t.constant(F, 0.25));
        });
  }

  /// Fits e to distances of an orbit of eccentricity 0.7.
  static List<Fit> fit(Target target, int steps) {
    Program p = step();
    List<Fit> fits = new ArrayList<>();
    try (StateStore state = StateStore.of(1, p);
        Executable run = target.compile(p, state, Target.Options.DEFAULT)) {
      fill(run);
      for (int i = 0; i < steps; i++) {
        double e = state.get("e").get(0);
        run.run();
        fits.add(
            new Fit(
                e,
                run.output("trips").get(ValueLayout.JAVA_INT, 0),
                number(run, "loss"),
                number(run, "by trips"),
                number(run, "by theorem")));
      }
    }
    return fits;
  }

  /// States the distances of an orbit of eccentricity 0.7.
  static void fill(Executable run) {
    for (int i = 0; i < DAYS; i++) {
      double m = Math.PI * (i + 0.5) / DAYS;
      run.input("m").setAtIndex(ValueLayout.JAVA_DOUBLE, i, m);
      double distance = 1 - TRUE * Math.cos(byHalving(m));
      run.input("distance").setAtIndex(ValueLayout.JAVA_DOUBLE, i, distance);
    }
  }

  private static double number(Executable run, String output) {
    return run.output(output).get(ValueLayout.JAVA_DOUBLE, 0);
  }

  /// E on the true orbit, found in another way.
  private static double byHalving(double m) {
    double low = 0;
    double high = Math.PI;
    for (int i = 0; i < 100; i++) {
      double middle = (low + high) / 2;
      if (middle - TRUE * Math.sin(middle) < m) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  public static void main(String[] args) {
    List<Fit> fits = fit(Targets.find().choose("auto").target(), 41);
    for (int i = 0; i < fits.size(); i += 10) {
      Fit f = fits.get(i);
      System.out.printf(
          Locale.ROOT,
          "step %2d  e %.6f  trips %d  gradient through the trips %.9f, by the theorem %.9f%n",
          i,
          f.e(),
          f.trips(),
          f.byTrips(),
          f.byTheorem());
    }
  }
}
