package dev.retrograde.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.callback.Callbacks.Program;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Every continuation that user code is lent runs exactly once, or the run says where not.
@DisplayName("callback runs exactly once")
class OnceTest {
  private static final int[] LEFT = {1, -1, -1};
  private static final int[] RIGHT = {2, -1, -1};

  private static void refused(Program f, String... parts) {
    assertThatThrownBy(() -> Callbacks.grad(f, Array.scalar(2)))
        .isInstanceOf(IllegalStateException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @Test
  void aProgramThatForgetsItsLossIsRefused() {
    refused(
        (op, p, k) -> op.square(p.get(0), y -> {}),
        "grad (OnceTest.java:",
        "the program returned without running its continuation, expected exactly once");
  }

  @Test
  void aSecondCallIsRefusedWithItsLine() {
    refused(
        (op, p, k) -> {
          op.square(p.get(0), k);
          op.exp(p.get(0), k);
        },
        "the program runs its continuation a second time at OnceTest.java:",
        "gradients would be counted twice");
  }

  @Test
  void aBranchThatForgetsIsRefused() {
    refused(
        (op, p, k) ->
            new Flow(op).<Var>cond(p.get(0).item() < 0, own -> op.exp(p.get(0), own), own -> {}, k),
        "cond (OnceTest.java:",
        "the second branch returned without");
  }

  @Test
  void aLoopThatStopsEarlyIsRefusedWithItsTrip() {
    refused(
        (op, p, k) ->
            new Flow(op)
                .forLoop(
                    5,
                    p.get(0),
                    (i, x, next) -> {
                      if (i < 3) {
                        op.exp(x, next);
                      }
                    },
                    k),
        "forLoop (OnceTest.java:",
        "trip 3 returned without");
    refused(
        (op, p, k) ->
            new Flow(op)
                .whileLoop(
                    p.get(0),
                    x -> x.item() > 1,
                    (x, next) -> {
                      op.scale(0.9, x, next);
                      op.scale(0.8, x, next);
                    },
                    k),
        "whileLoop (OnceTest.java:",
        "trip 6 runs its continuation a second time");
  }

  @Test
  void foldsTreesAndFunctionsAreCheckedToo() {
    refused(
        (op, p, k) -> new Flow(op).foldRight(4, p.get(0), (i, t, next) -> {}, k),
        "foldRight (OnceTest.java:",
        "trip 3 returned without");
    refused(
        (op, p, k) ->
            new Flow(op)
                .<Var>treeFold(
                    LEFT,
                    RIGHT,
                    p.get(0),
                    (l, r, i, own) -> {
                      if (i > 0) {
                        op.mul(l, r, own);
                      }
                    },
                    k),
        "treeFold (OnceTest.java:",
        "node 0 returned without");
    refused(
        (op, p, k) ->
            new Flow(op)
                .<Var>treeFold(LEFT, RIGHT, (i, own) -> {}, (l, r, i, own) -> own.run(l), k),
        "leaf 1 returned without");
    refused(
        (op, p, k) ->
            new Flow(op).<Var, Var>declare("lost").define((x, own) -> {}).run(p.get(0), k),
        "declare (OnceTest.java:",
        "function 'lost' returned without");
    refused(
        (op, p, k) -> new Flow(op).<Var, Var>declare("absent").run(p.get(0), k),
        "function 'absent' is called before it is defined");
  }

  @Test
  void withoutChecksTheDamageIsSilent() {
    Callbacks unchecked = Callbacks.standard().withoutChecks();
    Program twice =
        (op, p, k) -> {
          op.square(p.get(0), k);
          op.square(p.get(0), k);
        };
    assertThat(unchecked.gradients(twice, List.of(Array.scalar(3))).gradient(0).item())
        .isEqualTo(12);
    Program never = (op, p, k) -> op.square(p.get(0), y -> {});
    assertThat(unchecked.gradients(never, List.of(Array.scalar(3))).gradient(0).item()).isZero();
  }

  @Test
  void aValueEndsWithItsCallback() {
    List<Var> kept = new ArrayList<>();
    refused(
        (op, p, k) -> {
          op.exp(p.get(0), kept::add);
          op.add(kept.get(0), p.get(0), k);
        },
        "add (OnceTest.java:",
        "is used after its callback has returned");
    assertThatThrownBy(
            () -> Callbacks.grad((op, p, k) -> op.add(kept.get(0), p.get(0), k), Array.scalar(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("belongs to another run");
  }
}
