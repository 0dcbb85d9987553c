package dev.retrograde.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Repeat;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarEval;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class JvmKernelCompilerTest {
  private static void compare(long first, int kernels, int statements) {
    Repeat.with(
        JvmKernelCompilerTest.class,
        first,
        () -> {
          try (JvmKernelCompiler compiler = new JvmKernelCompiler()) {
            for (long seed = first; seed < first + kernels; seed++) {
              RandomKernel.Sized k = RandomKernel.of(seed, statements);
              String difference = Buffers.difference(compiler, k.kernel(), k.sizes(), seed);
              assertThat(difference).as("kernel %d\n%s", seed, statements < 200 ? k : "").isNull();
            }
          }
        });
  }

  @Test
  void randomKernelsDoWhatTheReferenceDoes() {
    compare(Repeat.seed(), 1_000, 60);
    compare(Repeat.seed(), 500, 12);
  }

  @Test
  void longKernelsAreCutIntoMethodsThatTheMachineCompiles() {
    long first = Repeat.seed();
    compare(first, 5, 2_000);
    List<Integer> bytes = new ArrayList<>();
    for (long seed = first; seed < first + 5; seed++) {
      bytes.addAll(KernelClass.print(RandomKernel.of(seed, 2_000).kernel()).methods().values());
    }
    assertThat(bytes).as("seed %d", first).hasSizeGreaterThan(15).allMatch(n -> n < 8_000);
  }

  @Test
  void kernelsCutVeryFineDoWhatTheReferenceDoes() {
    long first = Repeat.seed();
    Repeat.with(
        JvmKernelCompilerTest.class,
        first,
        () -> {
          for (long seed = first; seed < first + 150; seed++) {
            RandomKernel.Sized k = RandomKernel.of(seed, 60);
            KernelClass printed = KernelClass.print(k.kernel(), 150 + (int) (seed % 400));
            String difference =
                Buffers.difference(
                    buffers ->
                        printed
                            .entry()
                            .run(
                                buffers.toArray(MemorySegment[]::new),
                                new long[printed.scratch()],
                                0,
                                k.kernel().extent()),
                    k.kernel(),
                    k.sizes(),
                    seed);
            assertThat(difference).as("kernel %d\n%s", seed, k).isNull();
          }
        });
  }

  @Test
  void longLoopBodiesAroundInnerLoopsKeepTheirAccumulators() {
    Writer w = new Writer(1);
    int in = w.param(DType.F32);
    int out = w.param(DType.F32);
    int many = 150;
    List<Reg> sums = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      sums.add(w.variable(DType.F32, new Code.Const(0)));
    }
    w.loop(
        3,
        outer -> {
          for (Reg s : sums) {
            w.loop(
                4,
                inner -> {
                  Affine at = Affine.var(0).times(7).plus(Affine.var(outer).times(4));
                  Reg x = w.load(in, at.plus(Affine.var(inner)).plus(s.id() % 11), 1, 1, null);
                  w.set(s, new Code.Apply(Primitive.FMA, List.of(x, x, s)));
                });
          }
        });
    for (int i = 0; i < many; i++) {
      w.store(out, Affine.var(0).times(many).plus(i), sums.get(i), 1, 1, null);
    }
    Kernel k = w.finish(2);
    long[] sizes = {30, 2L * many};
    assertThat(Buffers.difference(new JvmKernelCompiler(), k, sizes, 1)).isNull();
    assertThat(KernelClass.print(k).methods().values())
        .hasSizeGreaterThan(3)
        .allMatch(n -> n < 8_000);
  }

  @Test
  void everyStandardFunctionHasTheBitsOfScalarEval() {
    for (ScalarFn.Defined fn : Functions.STANDARD) {
      for (DType d : List.of(DType.F32, DType.F64)) {
        ScalarCode code = ScalarCode.of(fn, Collections.nCopies(fn.arity(), d));
        int n = 500;
        Kernel k = pointwise(code, n);
        try (Arena arena = Arena.ofConfined();
            JvmKernelCompiler compiler = new JvmKernelCompiler()) {
          long[] sizes = new long[k.params().size()];
          java.util.Arrays.fill(sizes, n);
          List<MemorySegment> buffers = Buffers.filled(arena, k.params(), sizes, 3);
          compiler.compile(k).bind(buffers).run(0, n);
          ScalarEval eval = new ScalarEval(code);
          for (int i = 0; i < n; i++) {
            long[] args = new long[fn.arity()];
            for (int a = 0; a < args.length; a++) {
              args[a] = Segments.get(buffers.get(a), d, i);
            }
            eval.run(args);
            DType result = code.resultType(0);
            long found = Segments.get(buffers.getLast(), result, i);
            boolean nan =
                Double.isNaN(ScalarCode.toDouble(result, found))
                    && Double.isNaN(ScalarCode.toDouble(result, eval.result(0)));
            assertThat(nan || found == eval.result(0))
                .as(
                    "%s %s of %s: expected %x, found %x",
                    fn, d, java.util.Arrays.toString(args), eval.result(0), found)
                .isTrue();
          }
        }
      }
    }
  }

  /// The code over `n` elements: a parameter for each argument, then one for the result.
  private static Kernel pointwise(ScalarCode code, int n) {
    Writer w = new Writer(1);
    List<Reg> args = new ArrayList<>();
    for (DType d : code.params()) {
      args.add(w.load(w.param(d), Affine.var(0), 1, 1, null));
    }
    Reg r = w.inline(code, args).get(0);
    w.store(w.param(code.resultType(0)), Affine.var(0), r, 1, 1, null);
    return w.finish(n);
  }

  @Test
  void everyPairOfStorageTypesConvertsAsScalarEvalDoes() {
    try (JvmKernelCompiler compiler = new JvmKernelCompiler()) {
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          Writer w = new Writer(1);
          Reg x = w.load(w.param(from), Affine.var(0), 1, 1, null);
          int stored = w.param(to);
          int cast = w.param(to);
          w.store(stored, Affine.var(0), x, 1, 1, null);
          w.store(cast, Affine.var(0), w.cast(Reg.widened(to), x), 1, 1, null);
          Kernel k = w.finish(400);
          assertThat(Buffers.difference(compiler, k, new long[] {400, 400, 400}, 9))
              .as(from + " to " + to)
              .isNull();
        }
      }
    }
  }

  @Test
  void partsOfTheOutermostLoopRunAtOnce() throws Exception {
    int n = 400;
    int inner = 300;
    Writer w = new Writer(1);
    int in = w.param(DType.F32);
    int out = w.param(DType.F32);
    List<Reg> sums = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      sums.add(w.variable(DType.F32, new Code.Const(0)));
    }
    w.loop(
        inner,
        v -> {
          Reg x = w.load(in, Affine.var(0).times(inner).plus(Affine.var(v)), 1, 1, null);
          for (Reg s : sums) {
            w.loop(2, u -> w.set(s, new Code.Apply(Primitive.ADD, List.of(s, x))));
          }
        });
    for (int i = 0; i < sums.size(); i++) {
      w.store(out, Affine.var(0).times(sums.size()).plus(i), sums.get(i), 1, 1, null);
    }
    Kernel k = w.finish(n);
    long[] sizes = {(long) n * inner, (long) n * sums.size()};
    KernelClass printed = KernelClass.print(k);
    assertThat(printed.scratch()).as("the kernel hands registers on").isPositive();
    try (Arena arena = Arena.ofShared();
        JvmKernelCompiler compiler = new JvmKernelCompiler();
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<MemorySegment> whole = Buffers.filled(arena, k.params(), sizes, 2);
      List<MemorySegment> cut = Buffers.filled(arena, k.params(), sizes, 2);
      compiler.compile(k).bind(whole).run(0, n);
      BoundKernel bound = compiler.compile(k).bind(cut);
      List<Callable<Void>> parts = new ArrayList<>();
      for (int p = 0; p < 20; p++) {
        long from = (long) n * p / 20;
        long to = (long) n * (p + 1) / 20;
        parts.add(() -> {
          bound.run(from, to);
          return null;
        });
      }
      for (Future<Void> f : pool.invokeAll(parts)) {
        f.get();
      }
      assertThat(Buffers.difference(k, whole, cut)).isNull();
    }
  }

  @Test
  void aRunTouchesItsRangeOnly() {
    Writer w = new Writer(1);
    int out = w.param(DType.I32);
    w.store(out, Affine.var(0), w.constant(DType.I32, 7), 1, 1, null);
    Kernel k = w.finish(10);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment m = arena.allocate(40);
      BoundKernel bound = new JvmKernelCompiler().compile(k).bind(List.of(m));
      bound.run(3, 3);
      bound.run(4, 6);
      for (int i = 0; i < 10; i++) {
        assertThat(Segments.get(m, DType.I32, i)).isEqualTo(i == 4 || i == 5 ? 7 : 0);
      }
      assertThatThrownBy(() -> bound.run(0, 11))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0 to 11")
          .hasMessageContaining("0 to 10");
    }
  }

  @Test
  void equalKernelsShareCode() {
    JvmKernelCompiler compiler = new JvmKernelCompiler();
    RandomKernel.Sized a = RandomKernel.of(5, 40);
    RandomKernel.Sized b = RandomKernel.of(5, 40);
    var first = compiler.compile(a.kernel());
    long bytes = compiler.codeBytes();
    assertThat(bytes).isPositive();
    assertThat(compiler.compile(b.kernel())).isSameAs(first);
    assertThat(compiler.codeBytes()).isEqualTo(bytes);
    assertThat(first.listing()).contains("for i0 in 0..").contains("RETURN");
  }

  @Test
  void refusesWhatItCannotPrint() {
    JvmKernelCompiler compiler = new JvmKernelCompiler();
    assertThatThrownBy(() -> compiler.compile(new Kernel(List.of(), 8, 1, List.of())))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("one lane, found 8");
    Kernel one = new Kernel(List.of(DType.F32), 1, 1, List.of());
    assertThatThrownBy(() -> compiler.compile(one).bind(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 parameters, found 0 buffers");
    compiler.close();
    assertThatThrownBy(() -> compiler.compile(one))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void leavingABufferIsAnException() {
    Writer w = new Writer(1);
    int p = w.param(DType.F64);
    w.store(p, Affine.var(0), w.constant(DType.F64, 0), 1, 1, null);
    Kernel k = w.finish(5);
    try (Arena arena = Arena.ofConfined()) {
      BoundKernel bound = new JvmKernelCompiler().compile(k).bind(List.of(arena.allocate(32)));
      assertThatThrownBy(() -> bound.run(0, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void randomKernelsHoldWhatTheyPromise() {
    SplittableRandom seeds = new SplittableRandom(1);
    String all = "";
    for (int i = 0; i < 40; i++) {
      all += RandomKernel.of(seeds.nextLong(), 100).kernel().text();
    }
    assertThat(all).contains(" where ", " at w", "cast ", "index ", "first ", "in 0..0");
    for (Primitive p : Primitive.values()) {
      assertThat(all).contains("= " + p.text() + " [");
    }
  }
}
