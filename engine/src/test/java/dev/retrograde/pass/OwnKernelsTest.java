package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Forward;
import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.CallbackLowering;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.LoopNest;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Kernels of a user's own with and without loop nests and rules, and what is wrong with some.
class OwnKernelsTest {
  private static final Type X = Type.of(DType.F64, 3, 4);

  /// `a b + a` of vectors or matrices, without a loop nest or rules.
  private record Plain() implements KernelOp.Definition {
    @Override
    public String name() {
      return "plain";
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(in.get(0));
    }

    @Override
    public List<Value> reference(Emit e, List<Value> in) {
      return List.of(e.plus(e.times(in.get(0), in.get(1)), in.get(0)));
    }
  }

  /// The same with a loop nest.
  private record Nested(Function<Machine, Answer> by) implements KernelOp.Definition, LoopNest {
    @Override
    public String name() {
      return "nested";
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(in.get(0));
    }

    @Override
    public List<Value> reference(Emit e, List<Value> in) {
      return new Plain().reference(e, in);
    }

    @Override
    public Answer nest(List<Type> operands, List<Type> results, Machine machine) {
      return by.apply(machine);
    }
  }

  /// A definition of one operand whose reference form is this.
  private record Form(BiFunction<Emit, Value, Value> form) implements KernelOp.Definition {
    @Override
    public String name() {
      return "form";
    }

    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(in.get(0));
    }

    @Override
    public List<Value> reference(Emit e, List<Value> in) {
      return List.of(form.apply(e, in.get(0)));
    }
  }

  /// Element by element over 12 f64, `shift` places off.
  private static Kernel nest(int shift) {
    Writer w = new Writer(1);
    int a = w.param(DType.F64);
    int b = w.param(DType.F64);
    int y = w.param(DType.F64);
    Affine at = Affine.var(0);
    Reg x = w.load(a, at, 1, 1, null);
    Reg product = w.apply(Primitive.MUL, x, w.load(b, at, 1, 1, null));
    w.store(y, at.plus(shift), w.apply(Primitive.ADD, product, x), 1, 1, null);
    return w.finish(12);
  }

  private static final LoopNest.Answer WRITTEN = new LoopNest.Written(nest(0));

  @Test
  void everyTargetRunsNestAndReferenceForm() {
    for (KernelOp.Definition d :
        List.of(
            new Plain(),
            new Nested(m -> WRITTEN),
            new Nested(m -> new LoopNest.Refused("it is a test")))) {
      Comparison.check(
          d.name(),
          Trace.program(
              "kernels",
              false,
              t -> {
                Tensor x = t.input("x", Type.of(DType.F64, 7, 4));
                Tensor a = t.slice(x, List.of(2, 0), List.of(3, 4));
                Tensor b = t.slice(x, List.of(3, 0), List.of(3, 4));
                Tensor twice = t.kernel(d, a, a).get(0);
                t.output("twice", twice);
                t.output("parts", t.kernel(d, a, b).get(0));
                t.output(
                    "chain",
                    t.kernel(d, t.transpose(t.input("z", Type.of(DType.F64, 4, 3)), 1, 0), twice)
                        .get(0));
                Control.Stepped rows =
                    new Control(t)
                        .scan(
                            List.of(a),
                            List.of(t.input("xs", Type.of(DType.F64, 2, 3, 4))),
                            (i, c, r) -> {
                              Tensor y =
                                  t.apply(Functions.TANH, t.kernel(d, c.get(0), r.get(0)).get(0));
                              return new Control.Stepped(List.of(y), List.of(y));
                            });
                t.output("rows", rows.rows().get(0));
              }),
          1e-12);
    }
  }

  @Test
  void aNestIsLaunchedUnlessThePassIsOff() {
    Program p =
        Trace.program(
            "one",
            false,
            t -> {
              Tensor h = t.exp(t.input("x", X));
              t.output("y", t.neg(t.kernel(new Nested(m -> WRITTEN), h, h).get(0)));
            });
    assertThat(launches(p, Set.of())).contains("Kernel(nested)");
    assertThat(launches(p, Set.of("kernels"))).noneMatch(n -> n.contains("Kernel"));
  }

  /// The nest reads each element right before it writes it, but nobody says so of another.
  @Test
  void aResultNeverTakesOverTheMemoryOfAnOperand() {
    for (boolean own : new boolean[] {false, true}) {
      Buf a = buffer("a");
      Buf b = buffer("b");
      Buf y = buffer("y");
      Buf z = buffer("z");
      List<Step> steps =
          List.of(
              launch(List.of(b, b, a), false),
              launch(List.of(a, b, y), own),
              launch(List.of(y, b, z), false));
      assertThat(Reuse.of(steps).over().containsKey(y)).isEqualTo(!own);
    }
  }

  private static Buf buffer(String name) {
    return new Buf(Buf.Home.ARENA, name, DType.F64, 12, Tag.WORKSPACE, null);
  }

  private static Step launch(List<Buf> buffers, boolean own) {
    return new Step.Launch("nest", Origin.Phase.FORWARD, nest(0), buffers, 0, 0, null, own);
  }

  private static List<String> launches(Program p, Set<String> without) {
    try (StateStore s = StateStore.of(1, p);
        Executable e = new JvmTarget().compile(p, s, new Target.Options(1, without))) {
      return e.listing().launches().stream().map(Listing.Launch::name).toList();
    }
  }

  @Test
  void derivativesWithoutRulesAreThoseOfTheReferenceForm() {
    KernelOp.Definition d = new Nested(m -> WRITTEN);
    Program own = gradients(t -> t.kernel(d, t.get(0), t.get(1)));
    Map<String, HostTensor> found = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, own);
    Program plain =
        Trace.program(
            "by hand",
            true,
            t -> {
              Tensor a = t.input("a", X);
              Tensor b = t.input("b", X);
              Tensor y = t.add(t.mul(a, b), a);
              t.output("y", y);
              t.output("da", t.mul(t.mul(y, 2), t.add(b, 1)));
              t.output("db", t.mul(t.mul(y, 2), a));
              t.output("slope", t.sum(t.mul(t.mul(y, 2), t.add(b, 1))));
            });
    Comparison.assertClose(
        "gradients",
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, plain),
        found,
        1e-12);
    assertThat(launches(own, Set.of())).contains("Kernel(nested)");
    Comparison.check("gradients", own, 1e-12);
  }

  private interface Apply {
    List<Tensor> of(Both t);
  }

  private record Both(Trace trace, Tensor a, Tensor b) {
    Tensor get(int i) {
      return i == 0 ? a : b;
    }

    List<Tensor> kernel(KernelOp.Definition d, Tensor x, Tensor y) {
      return trace.kernel(d, x, y);
    }
  }

  /// Cotangents of the sum of squares, and its tangent along ones in `a`.
  private static Program gradients(Apply f) {
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor a = t.input("a", X);
          Tensor b = t.input("b", X);
          Tensor y = f.of(new Both(t, a, b)).get(0);
          Tensor loss = t.sum(t.mul(y, y));
          List<dev.retrograde.ir.Node> nodes = t.nodes();
          Value ones = t.emit().fill(X, 1);
          Map<String, Value> g =
              Reverse.gradients(
                  t.emit(), nodes, loss.value(), Map.of("a", a.value(), "b", b.value()));
          Map<Value, Value> moved = Forward.pushforward(t.emit(), nodes, Map.of(a.value(), ones));
          t.output("y", y);
          t.output("da", new Tensor(g.get("a")));
          t.output("db", new Tensor(g.get("b")));
          t.output("slope", new Tensor(moved.get(loss.value())));
        });
  }

  @Test
  void callbacksGoThroughTheReferenceForm() {
    Program p =
        Trace.program(
            "loss",
            true,
            t -> {
              Tensor y = t.kernel(new Plain(), t.input("a", X), t.input("b", X)).get(0);
              t.output("loss", t.sum(t.mul(y, y)));
            });
    HostTensor a = HostTensor.fill(X, i -> i - 5);
    HostTensor b = HostTensor.fill(X, i -> 0.25 * i);
    CallbackLowering.Result r =
        CallbackLowering.of(p).run(Map.of("a", a, "b", b), Map.of(), "loss", Set.of("a", "b"), 64);
    for (int i = 0; i < 12; i++) {
      double y = a.get(i) * b.get(i) + a.get(i);
      assertThat(r.gradients().get("a").get(i)).isEqualTo(2 * y * (b.get(i) + 1));
      assertThat(r.gradients().get("b").get(i)).isEqualTo(2 * y * a.get(i));
    }
  }

  // What is wrong.

  private static void traced(KernelOp.Definition d) {
    Trace.program("wrong", false, t -> t.output("y", t.kernel(d, t.input("x", X)).get(0)));
  }

  @Test
  void aReferenceFormKeepsToItsOperandsAndTypes() {
    Value[] outer = new Value[1];
    assertThatThrownBy(() ->
            Trace.program(
                "wrong",
                false,
                t -> {
                  outer[0] = t.input("other", X).value();
                  t.kernel(new Form((e, x) -> e.plus(x, outer[0])), t.input("x", X));
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kernel 'form': its reference form uses [%0], which are none of its");
    assertThatThrownBy(() -> traced(new Form((e, x) -> e.sumAll(x))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gives [f64[]], its shape rule says [f64[3,4]]");
    assertThatThrownBy(() ->
            traced(
                new Form((e, x) ->
                    e.add(
                        new dev.retrograde.ir.ControlOp.Foreign(
                            "box", in -> in, true, List.of(x.type())),
                        x))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither call functions nor ordered Java code, found Foreign");
  }

  @Test
  void aNestMustFitItsNode() {
    refused(
        new LoopNest.Written(nest(1)),
        "stores elements 1 to 12 of result 0 f64[3,4], which has 12");
    refused(new LoopNest.Written(nest(-1)), "stores elements -1 to 10 of result 0");
    Writer few = new Writer(1);
    few.param(DType.F64);
    refused(new LoopNest.Written(few.finish(1)), "has parameters [F64], expected the operands");
    refused(
        new LoopNest.Written(new Kernel(List.of(DType.F64, DType.F64, DType.F64), 3, 1, List.of())),
        "has 3 lanes, expected 1");
    Writer w = new Writer(1);
    int a = w.param(DType.F64);
    w.param(DType.F64);
    w.param(DType.F64);
    w.store(a, Affine.of(0), w.constant(DType.F64, 0), 1, 1, null);
    refused(new LoopNest.Written(w.finish(1)), "stores into operand 0, which is not its own");
  }

  private static void refused(LoopNest.Answer answer, String message) {
    Program p =
        Trace.program(
            "wrong",
            false,
            t ->
                t.output(
                    "y",
                    t.scope(
                        "mixer",
                        () ->
                            t.kernel(new Nested(m -> answer), t.input("a", X), t.input("b", X))
                                .get(0))));
    try (StateStore s = StateStore.of(1, p)) {
      assertThatThrownBy(() -> new JvmTarget().compile(p, s, Target.Options.DEFAULT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Kernel(nested) 'mixer")
          .hasMessageContaining("its loop nest " + message);
    }
  }

  @Test
  void aRuleMayRefuse() {
    record Flat() implements KernelOp.Definition {
      @Override
      public String name() {
        return "flat";
      }

      @Override
      public List<Type> infer(List<Type> in) {
        return in;
      }

      @Override
      public List<Value> reference(Emit e, List<Value> in) {
        return List.of(e.negate(in.get(0)));
      }

      @Override
      public KernelOp.Vjp vjp() {
        return (e, n, cots, wanted) -> Op.notDifferentiable(n, "it counts");
      }
    }
    assertThatThrownBy(() ->
            Trace.program(
                "flat",
                true,
                t -> {
                  Tensor x = t.input("x", X);
                  Tensor loss = t.sum(t.kernel(new Flat(), x).get(0));
                  Reverse.gradients(t.emit(), t.nodes(), loss.value(), Map.of("x", x.value()));
                }))
        .hasMessageContaining("Kernel(flat)")
        .hasMessageContaining("has no derivative: it counts");
  }

  @Test
  void theTextNamesItsDefinition() {
    Program p =
        Trace.program(
            "text",
            false,
            t -> t.output("y", t.kernel(new Plain(), t.input("a", X), t.input("b", X)).get(0)));
    String text = Printer.print(p);
    assertThat(text).contains("= Kernel{definition=\"plain\"} %0 %1");
    assertThat(Printer.print(Parser.parse(text, Map.of(), List.of(new Plain())))).isEqualTo(text);
    assertThatThrownBy(() -> Parser.parse(text))
        .hasMessageContaining("no definition is given for kernel 'plain', only for []");
    assertThatThrownBy(() -> Parser.parse(text, Map.of(), List.of(new Plain(), new Plain())))
        .hasMessageContaining("two definitions are called 'plain'");
  }
}
