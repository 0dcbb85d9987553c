package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// All entries change together at the end of a run; that new values are written over old ones
/// earlier is never seen.
class StateUpdateTest {
  private static Tensor state(Trace t, String name, int... dims) {
    return t.state(name, Role.PARAMETER, Type.of(DType.F32, dims), new Init.Uniform(-1, 1));
  }

  private static void check(String what, Consumer<Trace> body) {
    Comparison.check(what, Trace.program(what, true, body), 1e-5);
  }

  @Test
  void swappedEntriesSwap() {
    check(
        "swap",
        t -> {
          Tensor a = state(t, "a", 37);
          Tensor b = state(t, "b", 37);
          t.assign("a", b);
          t.assign("b", a);
        });
    check(
        "cycle",
        t -> {
          Tensor a = state(t, "a", 5);
          Tensor b = state(t, "b", 5);
          Tensor c = state(t, "c", 5);
          t.assign("a", t.mul(b, 2));
          t.assign("b", c);
          t.assign("c", a);
        });
  }

  @Test
  void anEntryTakesWhatAnotherHadBefore() {
    check(
        "history",
        t -> {
          Tensor a = state(t, "a", 37);
          state(t, "b", 37);
          t.assign("a", t.mul(a, 2));
          t.assign("b", a);
        });
    check(
        "reshaped history",
        t -> {
          Tensor a = state(t, "a", 6, 6);
          state(t, "b", 36);
          state(t, "c", 6, 6);
          t.assign("a", t.mul(a, 2));
          t.assign("b", t.reshape(a, 36));
          t.assign("c", t.transpose(a, 1, 0));
        });
  }

  @Test
  void aReadAfterTheWriteSeesTheOldValue() {
    check(
        "late reader",
        t -> {
          Tensor a = state(t, "a", 37);
          t.assign("a", t.add(a, 1));
          t.output("old", a);
          t.output("sum", t.sum(t.mul(a, a)));
          t.output("new", t.add(a, 1));
        });
    check(
        "late product",
        t -> {
          Tensor a = state(t, "a", 6, 6);
          Tensor fresh = t.mul(a, 0.5);
          t.assign("a", fresh);
          t.output("y", t.matmul(t.matmul(fresh, fresh), a));
        });
  }

  @Test
  void anEntryReadOutOfOrderIsNotOverwritten() {
    check(
        "shift",
        t -> {
          Tensor a = state(t, "a", 64);
          Tensor tail = t.slice(a, List.of(16), List.of(48));
          t.assign("a", t.concat(0, tail, t.slice(a, List.of(0), List.of(16))));
        });
    check(
        "transpose",
        t -> {
          Tensor a = state(t, "a", 9, 9);
          t.assign("a", t.add(t.transpose(a, 1, 0), 1));
        });
    check(
        "first element everywhere",
        t -> {
          Tensor a = state(t, "a", 40);
          t.assign("a", t.sub(a, t.slice(a, List.of(0), List.of(1))));
        });
    check(
        "last element everywhere",
        t -> {
          Tensor a = state(t, "a", 40);
          t.assign("a", t.sub(a, t.slice(a, List.of(39), List.of(1))));
        });
    check(
        "product with itself",
        t -> {
          Tensor a = state(t, "a", 17, 17);
          t.assign("a", t.sub(a, t.mul(t.matmul(a, a), 0.1)));
        });
    check(
        "its own mean",
        t -> {
          Tensor a = state(t, "a", 17, 3);
          t.assign("a", t.sub(a, t.mean(a, 0)));
        });
  }

  @Test
  void oneValueGoesToTwoEntriesAndTwoOutputs() {
    check(
        "twice",
        t -> {
          Tensor a = state(t, "a", 37);
          Tensor b = state(t, "b", 37);
          Tensor v = t.mul(t.add(a, b), 0.5);
          t.assign("a", v);
          t.assign("b", v);
          t.output("y", v);
          t.output("z", v);
          t.output("b before", b);
        });
  }

  @Test
  void anEntryThatIsAssignedToItselfOrToAnInputIsThat() {
    check(
        "itself",
        t -> {
          Tensor a = state(t, "a", 37);
          Tensor x = t.input("x", Type.of(DType.F32, 37));
          state(t, "b", 37);
          state(t, "c", 37);
          t.assign("a", a);
          t.assign("b", x);
          t.assign("c", t.zeros(x.type()));
          t.output("y", a);
        });
  }

  /// An output may be written where it is made, but not if another result is made of it.
  @Test
  void anOutputIsAlsoPartOfAnother() {
    check(
        "padded",
        t -> {
          Tensor y = t.mul(t.input("x", Type.of(DType.F32, 17)), 2);
          MoveOp.Pad pad = new MoveOp.Pad(List.of(2), List.of(1), List.of(0), 0);
          t.output("y", y);
          t.output("padded", t.op(pad, y));
          t.output("slice", t.slice(y, List.of(3), List.of(5)));
        });
    check(
        "padded state",
        t -> {
          Tensor y = t.mul(t.input("x", Type.of(DType.F32, 17)), 2);
          state(t, "a", 20);
          MoveOp.Pad pad = new MoveOp.Pad(List.of(2), List.of(1), List.of(0), 0);
          t.output("y", y);
          t.assign("a", t.op(pad, y));
        });
  }

  /// A box that fails on demand, before or after the new values are made.
  private static Program failing(boolean[] fail, boolean late) {
    return Trace.program(
        "failing",
        true,
        t -> {
          Tensor a = state(t, "a", 37);
          Tensor m = t.state("m", Role.OPTIMIZER, a.type(), new Init.Fill(0));
          Tensor s = t.state("s", Role.STATISTIC, Type.of(DType.F32), new Init.Fill(1));
          Tensor g = t.mul(a, 2);
          Tensor fresh = t.add(t.mul(m, 0.9), g);
          Tensor in = late ? t.sub(a, fresh) : a;
          Tensor y =
              new Control(t)
                  .foreign(
                      "box",
                      true,
                      List.of(a.type()),
                      x -> {
                        if (fail[0]) {
                          throw new IllegalStateException("the box failed");
                        }
                        return new HostTensor[] {x[0]};
                      },
                      in)
                  .get(0);
          t.assign("m", fresh);
          t.assign("s", t.mul(s, 0.5));
          t.assign("a", late ? y : t.sub(y, t.mul(fresh, 0.1)));
          t.output("loss", t.sum(y));
        });
  }

  @Test
  void aStepThatFailsLeavesWeightsOptimiserAndStatistics() {
    for (Target target : List.of(new InterpTarget(), new JvmTarget(), ReferenceCompiler.wide())) {
      for (boolean late : new boolean[] {false, true}) {
        boolean[] fail = {false};
        Program p = failing(fail, late);
        try (StateStore state = StateStore.of(1, p);
            StateStore untroubled = StateStore.of(1, p);
            Executable e = target.compile(p, state, Target.Options.DEFAULT);
            Executable other = target.compile(p, untroubled, Target.Options.DEFAULT)) {
          e.run();
          other.run();
          byte[] before = bytes(state);
          fail[0] = true;
          for (int i = 0; i < 3; i++) {
            assertThatThrownBy(e::run).hasMessageContaining("the box failed");
            assertThat(bytes(state)).isEqualTo(before);
          }
          fail[0] = false;
          e.run();
          other.run();
          Map<String, HostTensor> expected = Comparison.seen(other, untroubled);
          Comparison.assertSameBits("after", expected, Comparison.seen(e, state));
        }
      }
    }
  }

  private static byte[] bytes(StateStore s) {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    s.entries()
        .forEach(e ->
            all.writeBytes(s.segment(e.name()).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)));
    return all.toByteArray();
  }

  @Test
  void rowsOfAnEntryAreWrittenOverTheOldOnes() {
    Program p =
        Trace.program(
            "rows",
            true,
            t -> {
              Tensor a = state(t, "a", 5, 3);
              Tensor b = state(t, "b", 5, 3);
              HostTensor numbers = HostTensor.of(Type.of(DType.I32, 2), 4, 1);
              Tensor rows = new Tensor(t.emit().literal(numbers));
              Tensor old = t.op(new MoveOp.Gather(), a, rows);
              // Each reads the other's old value; one takes a row of the other as it is.
              t.assign("a", t.mul(t.op(new MoveOp.Gather(), b, rows), 2), rows);
              t.assign("b", old, rows);
            });
    Map<String, HostTensor> meaning = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p);
    Map<String, HostTensor> kernels =
        Comparison.run(ReferenceCompiler.wide(), Target.Options.DEFAULT, p);
    Comparison.assertSameBits("rows", meaning, kernels);
  }
}
