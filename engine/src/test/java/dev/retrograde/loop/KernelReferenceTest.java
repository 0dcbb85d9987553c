package dev.retrograde.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelReferenceTest {
  private static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  @Test
  void anAccumulatorIsCarriedRoundALoop() {
    Writer w = new Writer(2);
    int in = w.param(DType.F32);
    int out = w.param(DType.F32);
    Reg sum = w.variable(DType.F32, new Code.Const(0));
    w.loop(
        3,
        i ->
            w.set(
                sum,
                new Code.Apply(
                    Primitive.ADD, List.of(sum, w.load(in, Affine.var(i).times(2), 1, 2, null)))));
    w.store(out, Affine.var(0).times(2), sum, 1, 2, null);
    float[] result = new float[4];
    List<MemorySegment> buffers = List.of(floats(1, 10, 2, 20, 3, 30), floats(result));
    KernelReference.run(w.finish(2), buffers, 0, 2);
    assertThat(result).containsExactly(6, 60, 6, 60);
  }

  @Test
  void closedLanesAreZeroAndTouchNoMemory() {
    Writer w = new Writer(4);
    int in = w.param(DType.F32);
    int out = w.param(DType.F32);
    Reg first = w.let(DType.BOOL, new Code.First(2));
    w.store(out, Affine.of(0), w.load(in, Affine.of(0), 3, 4, first), 1, 4, null);
    w.store(out, Affine.of(4), w.constant(DType.F32, 0x3f800000), 2, 4, first);
    float[] result = {9, 9, 9, 9, 9, 9, 9};
    KernelReference.run(w.finish(1), List.of(floats(1, 2, 3, 4), floats(result)), 0, 1);
    assertThat(result).containsExactly(1, 4, 0, 0, 1, 9, 1);
  }

  @Test
  void lanesSwapIndicesCountAndNarrowTypesWrap() {
    Writer w = new Writer(4);
    int out = w.param(DType.I8);
    Reg index = w.let(DType.I32, new Code.Index(Affine.var(0).times(100).plus(1), 10));
    w.store(out, Affine.of(0), w.let(DType.I32, new Code.Swap(index, 2)), 1, 4, null);
    byte[] result = new byte[4];
    KernelReference.run(w.finish(3), List.of(MemorySegment.ofArray(result)), 1, 2);
    assertThat(result).containsExactly((byte) 121, (byte) 131, (byte) 101, (byte) 111);
  }

  @Test
  void indicesReachAnywhere() {
    Writer w = new Writer(2);
    int in = w.param(DType.U8);
    int out = w.param(DType.I32);
    Reg index = w.let(DType.I32, new Code.Index(Affine.of(3), -2));
    Reg x = w.let(DType.I32, new Code.Gather(new Mem(in, Affine.of(0)), index, 2, null));
    w.store(out, Affine.of(0), x, 1, 2, null);
    int[] result = new int[2];
    MemorySegment bytes = MemorySegment.ofArray(new byte[] {1, 2, 3, (byte) 250});
    KernelReference.run(w.finish(1), List.of(bytes, MemorySegment.ofArray(result)), 0, 1);
    assertThat(result).containsExactly(250, 2);
  }

  @Test
  void leavingABufferIsRefused() {
    Writer w = new Writer(4);
    int in = w.param(DType.F32);
    w.store(in, Affine.of(1), w.load(in, Affine.of(0), 1, 4, null), 1, 4, null);
    assertThatThrownBy(() -> KernelReference.run(w.finish(1), List.of(floats(1, 2, 3, 4)), 0, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void everyParameterWantsABuffer() {
    Writer w = new Writer(1);
    w.param(DType.F32);
    assertThatThrownBy(() -> KernelReference.run(w.finish(1), List.of(), 0, 1))
        .hasMessageContaining("expected 1 buffers, found 0");
  }
}
