package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.retrograde.ir.Program;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A warm step of a whole network allocates nothing on the heap.
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// Threads that a step may run on, this one first.
  private static long[] involved() {
    List<Long> ids = new ArrayList<>();
    ids.add(Thread.currentThread().threadId());
    for (var t : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (t != null && t.getThreadName().startsWith("retrograde-worker")) {
        ids.add(t.getThreadId());
      }
    }
    return ids.stream().mapToLong(x -> x).toArray();
  }

  private static long allocated(long[] ids) {
    long sum = 0;
    for (long id : ids) {
      sum += THREADS.getThreadAllocatedBytes(id);
    }
    return sum;
  }

  /// Least bytes that a number of steps allocated in one of a few tries, once warm.
  private static long least(Program p, int threads, int warm) {
    return least(new X64Target(), p, threads, warm);
  }

  private static long least(Target target, Program p, int threads, int warm) {
    try (StateStore state = StateStore.of(1, p);
        Executable e = target.compile(p, state, Target.Options.threads(threads))) {
      Runs.fill(e, 5);
      for (int i = 0; i < warm; i++) {
        e.run();
      }
      long[] ids = involved();
      assertThat(ids).hasSizeGreaterThanOrEqualTo(threads);
      long own = allocated(ids);
      own = allocated(ids) - own; // what measuring itself costs
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 5; attempt++) {
        long before = allocated(ids);
        for (int i = 0; i < 20; i++) {
          e.run();
        }
        least = Math.min(least, allocated(ids) - before - own);
      }
      return least;
    }
  }

  @Test
  void anAllocationWouldBeSeen() {
    long[] ids = involved();
    long before = allocated(ids);
    byte[] kept = new byte[100_000];
    long after = allocated(ids);
    assertThat(after - before).isGreaterThanOrEqualTo(kept.length);
  }

  @Test
  void aWarmStepAllocatesNothing() {
    Runs.levels();
    assertThat(least(Nets.mlp(16, 64, 48, 32), 1, 3000)).isZero();
    assertThat(least(Nets.lenet(2, 14), 1, 1500)).isZero();
    assertThat(least(Nets.resnet(2, 8, 1, 4, 8), 1, 1500)).isZero();
  }

  /// Not only networks: order, selection, running sums, linear algebra, products of any type.
  @Test
  void aWarmStepOfAnyOpAllocatesNothing() {
    Runs.levels();
    for (Target target : List.of(new X64Target(), new JvmTarget())) {
      assertThat(least(target, EveryOp.others(DType.F32), 1, 6000)).as(target.name()).isZero();
      assertThat(least(target, EveryOp.others(DType.I16), 1, 6000)).as(target.name()).isZero();
      assertThat(least(target, EveryOp.products(DType.I8, DType.I32), 1, 1000)).isZero();
      assertThat(least(target, EveryOp.products(DType.BF16, DType.F32), 1, 1000)).isZero();
    }
  }

  @Test
  void aWarmStepOnTwoThreadsAllocatesNothing() {
    Runs.levels();
    assertThat(least(Nets.mlp(64, 300, 200, 100), 2, 1500)).isZero();
    assertThat(least(Nets.resnet(8, 16, 1, 16, 32), 2, 600)).isZero();
  }
}
