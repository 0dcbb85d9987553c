package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Forward;
import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearScanTest {
  private static final Target.Options REFERENCE = new Target.Options(1, Set.of("kernels"));

  @Test
  void isTheRecurrence() {
    HostTensor a = random(Type.of(DType.F64, 2, 5, 3), 1);
    HostTensor b = random(a.type(), 2);
    for (boolean reverse : new boolean[] {false, true}) {
      Program p =
          Trace.program(
              "scan",
              false,
              t ->
                  t.output(
                      "y",
                      t.kernel(
                              new LinearScan(reverse),
                              t.input("a", a.type()),
                              t.input("b", b.type()))
                          .get(0)));
      HostTensor y = Interpreter.run(p, Map.of("a", a, "b", b), Map.of()).outputs().get("y");
      for (int n = 0; n < 2; n++) {
        for (int f = 0; f < 3; f++) {
          double last = 0;
          for (int t = 0; t < 5; t++) {
            int at = (n * 5 + (reverse ? 4 - t : t)) * 3 + f;
            last = a.get(at) * last + b.get(at);
            assertThat(y.get(at)).isEqualTo(last);
          }
        }
      }
    }
  }

  /// Gradients along a random direction against central differences, and against those of the scan
  /// that it stands for.
  @ParameterizedTest
  @CsvSource({"2, 5, 3", "1, 1, 1", "3, 2, 17"})
  void gradientsAreThoseOfTheScan(int batch, int time, int features) {
    Type x = Type.of(DType.F64, batch, time, features);
    Map<String, HostTensor> in = Map.of("a", random(x, 3), "b", random(x, 4));
    Map<String, HostTensor> own = Interpreter.run(gradients(x, true), in, Map.of()).outputs();
    Map<String, HostTensor> scan = Interpreter.run(gradients(x, false), in, Map.of()).outputs();
    for (String name : List.of("da", "db")) {
      for (int i = 0; i < own.get(name).size(); i++) {
        assertThat(own.get(name).get(i)).isCloseTo(scan.get(name).get(i), within(1e-12));
      }
    }
    for (String name : List.of("a", "b")) {
      HostTensor u = random(x, 5);
      double slope = 0;
      for (int i = 0; i < u.size(); i++) {
        slope += u.get(i) * own.get("d" + name).get(i);
      }
      double measured = (loss(x, in, name, u, 1e-5) - loss(x, in, name, u, -1e-5)) / 2e-5;
      assertThat(slope).isCloseTo(measured, within(1e-6 * Math.max(1, Math.abs(measured))));
    }
  }

  @Test
  void tangentsAgreeWithCotangents() {
    Type x = Type.of(DType.F64, 2, 4, 3);
    Program p =
        Trace.program(
            "tangents",
            true,
            t -> {
              Tensor a = t.input("a", x);
              Tensor b = t.input("b", x);
              Tensor loss = loss(t, a, b, true);
              Map<Value, Value> seeds =
                  Map.of(a.value(), t.input("ua", x).value(), b.value(), t.input("ub", x).value());
              t.output(
                  "slope",
                  new Tensor(
                      Forward.pushforward(t.emit(), t.emit().nodes(), seeds).get(loss.value())));
            });
    Map<String, HostTensor> in = new LinkedHashMap<>();
    in.put("a", random(x, 3));
    in.put("b", random(x, 4));
    Map<String, HostTensor> g = Interpreter.run(gradients(x, true), in, Map.of()).outputs();
    in.put("ua", random(x, 6));
    in.put("ub", random(x, 7));
    double expected = 0;
    for (int i = 0; i < x.size(); i++) {
      expected +=
          in.get("ua").get(i) * g.get("da").get(i) + in.get("ub").get(i) * g.get("db").get(i);
    }
    assertThat(Interpreter.run(p, in, Map.of()).outputs().get("slope").get(0))
        .isCloseTo(expected, within(1e-12 * Math.abs(expected)));
  }

  /// Interpreter, bytecode and machine code, with its nest and as the scan, alone and with helpers.
  @ParameterizedTest
  @CsvSource({
    "F32, 2, 5, 33",
    "F64, 2, 5, 33",
    "F32, 1, 1, 1",
    "F32, 3, 4, 16",
    "F64, 3, 7, 5",
    "F32, 2, 0, 4",
    "F32, 0, 3, 4",
    "F32, 40, 30, 70"
  })
  void everyTargetGivesTheSameBits(DType d, int batch, int time, int features) {
    Program p = gradients(Type.of(d, batch, time, features), true);
    Map<String, HostTensor> meaning = run(new InterpTarget(), Target.Options.DEFAULT, p);
    List<Target> targets = new ArrayList<>(List.of(new JvmTarget()));
    targets.add(Targets.find().choose("auto").target());
    for (Target t : targets) {
      for (Target.Options o :
          List.of(Target.Options.DEFAULT, REFERENCE, Target.Options.threads(2))) {
        Map<String, HostTensor> found = run(t, o, p);
        for (String name : List.of("y", "da", "db")) {
          assertThat(found.get(name).sameBits(meaning.get(name)))
              .as("%s on %s, %s", name, t.name(), o.disabled())
              .isTrue();
        }
      }
    }
  }

  @Test
  void itsLoopNestIsOneKernelOfTheStep() {
    Program p = LinearScan.step(2, 5, 33);
    assertThat(launches(p, Target.Options.DEFAULT))
        .anyMatch(it -> it.endsWith("Kernel(linear-scan)"))
        .anyMatch(it -> it.endsWith("Kernel(linear-scan-reversed)"))
        .noneMatch(it -> it.endsWith("Scan"));
    assertThat(launches(p, REFERENCE))
        .noneMatch(it -> it.contains("Kernel("))
        .anyMatch(it -> it.endsWith("Scan"));
  }

  @Test
  void isPrintedAndParsed() {
    Program p = Verifier.verify(LinearScan.step(1, 2, 3));
    String text = Printer.print(p);
    assertThat(text).contains("Kernel{definition=\"linear-scan\"}");
    List<dev.retrograde.ir.KernelOp.Definition> known =
        List.of(new LinearScan(false), new LinearScan(true));
    assertThat(Printer.print(Parser.parse(text, Map.of(), known))).isEqualTo(text);
  }

  @Test
  void aWrongShapeNamesThePlace() {
    assertThatThrownBy(() ->
            Trace.program(
                "wrong",
                false,
                t ->
                    t.scope(
                        "mixer",
                        () ->
                            t.kernel(
                                new LinearScan(false),
                                t.input("a", Type.of(DType.F32, 2, 3, 4)),
                                t.input("b", Type.of(DType.F32, 2, 3, 5))))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Kernel(linear-scan) 'mixer' (LinearScanTest.java")
        .hasMessageContaining("[batch, time, features], found [f32[2,3,4], f32[2,3,5]]");
  }

  @Test
  void theExampleGivesOneLossBothWays() throws java.io.IOException {
    List<String> lines = Shown.printed(LinearScan::main);
    assertThat(lines).hasSize(2);
    String loss = lines.get(0).replaceFirst(".*loss ", "");
    assertThat(lines.get(1)).startsWith("own loop nest").endsWith("loss " + loss);
  }

  private static Tensor loss(Trace t, Tensor a, Tensor b, boolean own) {
    LinearScan scan = new LinearScan(false);
    Tensor y =
        own
            ? t.kernel(scan, a, b).get(0)
            : new Tensor(scan.reference(t.emit(), List.of(a.value(), b.value())).get(0));
    t.output("y", y);
    return t.sum(t.mul(y, y));
  }

  private static Program gradients(Type x, boolean own) {
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor a = t.input("a", x);
          Tensor b = t.input("b", x);
          Tensor loss = loss(t, a, b, own);
          t.output("loss", loss);
          Map<String, Value> wrt = new LinkedHashMap<>();
          wrt.put("a", a.value());
          wrt.put("b", b.value());
          Reverse.gradients(t.emit(), t.emit().nodes(), loss.value(), wrt)
              .forEach((name, g) -> t.output("d" + name, new Tensor(g)));
        });
  }

  private static double loss(
      Type x, Map<String, HostTensor> in, String moved, HostTensor u, double by) {
    Map<String, HostTensor> at = new LinkedHashMap<>(in);
    HostTensor v = in.get(moved);
    at.put(moved, HostTensor.fill(x, i -> v.get(i) + by * u.get(i)));
    return Interpreter.run(gradients(x, true), at, Map.of()).outputs().get("loss").get(0);
  }

  private static HostTensor random(Type t, long seed) {
    Random r = new Random(seed);
    return HostTensor.fill(t, i -> r.nextGaussian());
  }

  private static Map<String, HostTensor> run(Target target, Target.Options options, Program p) {
    try (StateStore state = StateStore.of(1, p);
        Executable e = target.compile(p, state, options)) {
      Random r = new Random(8);
      p.inputs()
          .forEach(i ->
              Segments.write(
                  e.input(i.name()), HostTensor.fill(i.value().type(), k -> r.nextGaussian())));
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      p.outputs()
          .forEach(o -> out.put(o.name(), Segments.read(e.output(o.name()), o.value().type())));
      return out;
    }
  }

  private static List<String> launches(Program p, Target.Options options) {
    try (StateStore state = StateStore.of(1, p);
        Executable e = new JvmTarget().compile(p, state, options)) {
      return e.listing().launches().stream().map(Listing.Launch::name).toList();
    }
  }
}
