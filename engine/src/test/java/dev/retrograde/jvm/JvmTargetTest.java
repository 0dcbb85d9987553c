package dev.retrograde.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.KernelReference;
import dev.retrograde.pass.KernelTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

final class JvmTargetTest {
  /// Two steps of gradient descent on a squared error.
  private static Program step(BiFunction<Trace, Tensor, Tensor> net, int... x) {
    return Trace.program(
        "step",
        true,
        t -> {
          Tensor y = net.apply(t, t.input("x", Type.of(DType.F32, x)));
          Tensor error = t.sub(y, t.input("targets", y.type()));
          Tensor loss = t.scope("loss", () -> t.mean(t.mul(error, error), 0, 1));
          t.output("loss", loss);
          t.output("y", y);
          Map<String, Value> wrt = new LinkedHashMap<>();
          for (StateEntry s : t.state()) {
            wrt.put(s.name(), t.stateValue(s.name()).value());
          }
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) ->
                  t.assign(name, t.sub(t.stateValue(name), t.mul(new Tensor(g), 0.1))));
        });
  }

  private static Tensor dense(Trace t, String name, Tensor x, int out) {
    return t.scope(
        name,
        () ->
            t.add(
                t.matmul(
                    x, t.parameter("weight", DType.F32, new Init.Normal(0, 0.3), x.dim(1), out)),
                t.parameter("bias", DType.F32, new Init.Fill(0.1), out)));
  }

  private static Program mlp() {
    return step(
        (t, x) -> dense(t, "out", t.exp(t.neg(t.relu(dense(t, "hidden", x, 21)))), 3), 13, 7);
  }

  private static Program convolution() {
    return step(
        (t, x) -> {
          Tensor f = t.parameter("filter", DType.F32, new Init.Normal(0, 0.3), 5, 3, 3, 2);
          Tensor h = t.relu(t.conv2d(x, f, Geometry.square(3, 1, 1)));
          h = t.maxPool(h, Geometry.square(2, 2, 0));
          return dense(t, "out", t.reshape(h, h.dim(0), -1), 3);
        },
        3,
        6,
        6,
        2);
  }

  private static Map<String, HostTensor> run(Target target, Program p, int threads) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.threads(threads))) {
      SplittableRandom random = new SplittableRandom(7);
      for (Program.Named i : p.inputs()) {
        Segments.write(
            e.input(i.name()), HostTensor.fill(i.value().type(), k -> random.nextDouble(-1, 1)));
      }
      e.run();
      e.run();
      Map<String, HostTensor> all = new LinkedHashMap<>();
      p.outputs()
          .forEach(o -> all.put(o.name(), Segments.read(e.output(o.name()), o.value().type())));
      state.entries().forEach(s -> all.put(s.name(), state.get(s.name())));
      return all;
    }
  }

  /// Kernels for the same machine, run by their meaning.
  private static final class ByReference implements KernelCompiler {
    @Override
    public Machine machine() {
      return new JvmKernelCompiler().machine();
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
      return new CompiledKernel() {
        @Override
        public BoundKernel bind(List<MemorySegment> buffers) {
          return (from, to) -> KernelReference.run(kernel, buffers, from, to);
        }

        @Override
        public String listing() {
          return kernel.text();
        }
      };
    }

    @Override
    public long codeBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private static void check(Program p) {
    Map<String, HostTensor> found = run(new JvmTarget(), p, 1);
    run(new InterpTarget(), p, 1)
        .forEach((name, expected) -> {
          HostTensor f = found.get(name);
          for (int i = 0; i < expected.size(); i++) {
            assertThat(f.get(i)).as("%s[%d]", name, i).isCloseTo(expected.get(i), within(2e-5));
          }
        });
    run(new KernelTarget("reference", ByReference::new), p, 1)
        .forEach((name, e) -> assertThat(found.get(name).sameBits(e)).as(name).isTrue());
    run(new JvmTarget(), p, 3)
        .forEach((name, e) -> assertThat(found.get(name).sameBits(e)).as(name).isTrue());
  }

  @Test
  void trainsAPerceptronLikeTheInterpreter() {
    check(mlp());
  }

  @Test
  void trainsAConvolutionLikeTheInterpreter() {
    check(convolution());
  }

  @Test
  void saysWhatItCompiled() {
    Program p = mlp();
    try (StateStore state = StateStore.of(3, p);
        Executable e = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      assertThat(e.compiled().target()).isEqualTo("jvm");
      assertThat(e.compiled().codeBytes()).isPositive();
    }
  }
}
