package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class X64KernelCompilerTest {
  /// More kernels on demand: `-Dretrograde.kernels=10000`.
  private static final int KERNELS = Integer.getInteger("retrograde.kernels", 1500);

  private static final long SEED = Long.getLong("retrograde.seed", 0);

  @BeforeAll
  static void needsTheProcessor() {
    assumeTrue(X64KernelCompiler.available(), X64KernelCompiler.whyUnavailable());
  }

  static List<Features> levels() {
    List<Features> levels = new ArrayList<>(List.of(Features.AVX2));
    if (X64KernelCompiler.available()) {
      Features best = Features.detect();
      if (best.avx512()) {
        levels.add(new Features(true, false));
      }
      if (best.popcount()) {
        levels.add(best);
      }
    }
    return levels;
  }

  @ParameterizedTest
  @MethodSource("levels")
  void randomKernelsDoWhatTheReferenceDoes(Features features) {
    try (KernelCheck check = new KernelCheck()) {
      for (long from = SEED; from < SEED + KERNELS; from += 100) {
        try (X64KernelCompiler compiler = new X64KernelCompiler(features)) {
          for (long seed = from; seed < from + 100; seed++) {
            RandomKernels.Sample s = RandomKernels.sample(seed, features.vectorBytes());
            assertThat(check.differs(compiler, s.kernel(), s.sizes(), seed))
                .as(
                    "%s; repeat with -Dretrograde.seed=%d -Dretrograde.kernels=1%n%s",
                    features, seed, s.kernel())
                .isEmpty();
          }
        }
      }
    }
  }

  /// Every function over all kinds of numbers: what the printed body does is what the body says.
  @ParameterizedTest
  @MethodSource("levels")
  void functionsDoWhatTheirBodiesSay(Features features) {
    try (KernelCheck check = new KernelCheck();
        X64KernelCompiler compiler = new X64KernelCompiler(features)) {
      for (DType d : List.of(DType.F32, DType.F64)) {
        int lanes = compiler.machine().lanes(d.bytes());
        for (ScalarFn.Defined fn : Functions.STANDARD) {
          Kernel k = map(fn, d, lanes);
          List<Integer> sizes = Collections.nCopies(fn.arity() + 1, 512);
          for (long seed = 0; seed < 4; seed++) {
            assertThat(check.differs(compiler, k, sizes, seed))
                .as("%s of %s with %s", fn.text(), d, features)
                .isEmpty();
          }
        }
      }
    }
  }

  private static Kernel map(ScalarFn.Defined fn, DType d, int lanes) {
    Writer w = new Writer(lanes);
    Affine at = Affine.var(0).times(lanes);
    List<DType> types = Collections.nCopies(fn.arity(), d);
    List<Reg> args = new ArrayList<>();
    for (DType t : types) {
      args.add(w.load(w.param(t), at, 1, lanes, null));
    }
    Reg y = w.inline(ScalarCode.of(fn, types), args).get(0);
    w.store(w.param(y.dtype()), at, y, 1, lanes, null);
    return w.finish(512 / lanes);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void anAccumulatorKeepsTheOrderOfItsSum(Features features) {
    try (KernelCheck check = new KernelCheck();
        X64KernelCompiler compiler = new X64KernelCompiler(features)) {
      int lanes = compiler.machine().lanes(4);
      for (int extent : new int[] {1, 2, 3, 7, 13, 20}) {
        Writer w = new Writer(lanes);
        int in = w.param(DType.F32);
        int out = w.param(DType.F32);
        Reg sum = w.variable(DType.F32, new Code.Const(0));
        w.loop(
            extent,
            i -> {
              Reg x = w.load(in, Affine.var(i).times(lanes), 1, lanes, null);
              w.set(sum, new Code.Apply(Primitive.ADD, List.of(sum, x)));
            });
        w.store(out, Affine.of(0), sum, 1, lanes, null);
        Kernel k = w.finish(1);
        assertThat(check.differs(compiler, k, List.of(extent * lanes, lanes), extent)).isEmpty();
      }
    }
  }

  /// Displacements beyond 32 bits and steps beyond them stay out of instructions.
  @ParameterizedTest
  @MethodSource("levels")
  void farPlacesAreReached(Features features) {
    long far = 5L << 30;
    try (X64KernelCompiler compiler = new X64KernelCompiler(features);
        Arena arena = Arena.ofConfined()) {
      int lanes = compiler.machine().lanes(4);
      Writer w = new Writer(lanes);
      int in = w.param(DType.F32);
      int out = w.param(DType.F32);
      w.loop(
          20,
          i -> {
            Affine near = Affine.var(i).times(lanes);
            Affine at = Affine.var(i).times(lanes + far).plus(-far * 3);
            w.store(out, near, w.load(in, at, 1, lanes, null), 1, lanes, null);
          });
      // Only iteration 3 is near; the others must not run.
      Kernel all = w.finish(1);
      assertThat(compiler.compile(all).listing()).contains("movabs");
      Writer n = new Writer(lanes);
      int from = n.param(DType.F32);
      int to = n.param(DType.F32);
      Affine at = Affine.var(0).times(far).plus(-far * 3);
      n.store(to, Affine.of(0), n.load(from, at, 1, lanes, null), 1, lanes, null);
      MemorySegment a = arena.allocate(4L * lanes + 64, 64);
      MemorySegment b = arena.allocate(4L * lanes + 64, 64);
      for (int j = 0; j < lanes; j++) {
        a.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, j, j + 1);
      }
      compiler.compile(n.finish(4)).bind(List.of(a, b)).run(3, 4);
      assertThat(b.asSlice(0, 4L * lanes).mismatch(a.asSlice(0, 4L * lanes))).isEqualTo(-1);
    }
  }

  @Test
  void equalKernelsShareCode() {
    try (X64KernelCompiler compiler = new X64KernelCompiler(Features.AVX2)) {
      Kernel k = RandomKernels.sample(7, 32).kernel();
      Kernel same = RandomKernels.sample(7, 32).kernel();
      compiler.compile(k);
      long bytes = compiler.codeBytes();
      assertThat(bytes).isPositive();
      assertThat(compiler.compile(same)).isSameAs(compiler.compile(k));
      assertThat(compiler.codeBytes()).isEqualTo(bytes);
    }
  }

  @Test
  void anEmptyRangeTouchesNothing() {
    try (X64KernelCompiler compiler = new X64KernelCompiler(Features.AVX2);
        Arena arena = Arena.ofConfined()) {
      Writer w = new Writer(8);
      int out = w.param(DType.F32);
      w.store(out, Affine.var(0).times(8), w.constant(DType.F32, 1), 1, 8, null);
      MemorySegment b = arena.allocate(256, 64);
      var bound = compiler.compile(w.finish(4)).bind(List.of(b));
      bound.run(2, 2);
      bound.run(3, 1);
      assertThat(b.toArray(ValueLayout.JAVA_INT)).containsOnly(0);
    }
  }

  @Test
  void kernelsInARowRunInOrderAsFarAsEachIsAsked() {
    try (X64KernelCompiler compiler = new X64KernelCompiler(Features.AVX2);
        Arena arena = Arena.ofConfined()) {
      MemorySegment b = arena.allocate(256, 64);
      BoundKernel one = compiler.compile(step(1, 1)).bind(List.of(b));
      BoundKernel twice = compiler.compile(step(2, 0)).bind(List.of(b));
      Runnable all =
          compiler.sequence(
              List.of(
                  new KernelCompiler.Part(one, 4),
                  new KernelCompiler.Part(twice, 0),
                  new KernelCompiler.Part(twice, 3),
                  new KernelCompiler.Part(one, 1)));
      all.run();
      for (int block = 0; block < 4; block++) {
        float expected = block == 0 ? 3 : block < 3 ? 2 : 1;
        assertThat(b.getAtIndex(ValueLayout.JAVA_FLOAT, 8L * block)).isEqualTo(expected);
      }
      all.run();
      assertThat(b.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(9);
    }
  }

  /// Multiplies each of four blocks of eight numbers and adds to them.
  private static Kernel step(float factor, float summand) {
    Writer w = new Writer(8);
    int out = w.param(DType.F32);
    Affine at = Affine.var(0).times(8);
    Reg x = w.load(out, at, 1, 8, null);
    Reg f = w.constant(DType.F32, Float.floatToRawIntBits(factor));
    Reg s = w.constant(DType.F32, Float.floatToRawIntBits(summand));
    Reg y = w.apply(Primitive.ADD, w.apply(Primitive.MUL, x, f), s);
    w.store(out, at, y, 1, 8, null);
    return w.finish(4);
  }

  @Test
  void wrongBuffersAreRefused() {
    try (X64KernelCompiler compiler = new X64KernelCompiler(Features.AVX2)) {
      Writer w = new Writer(8);
      int out = w.param(DType.F32);
      w.store(out, Affine.of(0), w.constant(DType.F32, 1), 1, 8, null);
      var code = compiler.compile(w.finish(1));
      assertThatThrownBy(() -> code.bind(List.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 1 buffers");
      assertThatThrownBy(() -> code.bind(List.of(MemorySegment.ofArray(new float[8]))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("native memory");
    }
  }

  @Test
  void tooManyLanesAreRefused() {
    try (X64KernelCompiler compiler = new X64KernelCompiler(Features.AVX2)) {
      Writer w = new Writer(16);
      int out = w.param(DType.F32);
      w.store(out, Affine.of(0), w.constant(DType.F32, 1), 1, 16, null);
      Kernel k = w.finish(1);
      assertThatThrownBy(() -> compiler.compile(k))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("16 lanes");
    }
  }
}
