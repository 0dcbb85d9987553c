package dev.retrograde.lab.backward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.choice.BudgetException;
import dev.retrograde.choice.Saving;
import dev.retrograde.choice.SavingException;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Glob;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every cell of the table of pairs, on a network of its own.
class PairsTest {
  private static final int DRAWS = 16;

  static Stream<Arguments> layers() {
    List<Arguments> all = new ArrayList<>();
    for (Saving s : Pairs.policies()) {
      for (LayerKind k : LayerKind.values()) {
        all.add(Arguments.of(s, k));
      }
    }
    return all.stream();
  }

  /// Policies that between them use every kind of treatment: the others are told apart on the
  /// interpreter.
  static Stream<Arguments> telling() {
    return layers()
        .filter(a ->
            a.get()[0] instanceof Saving.Exact || a.get()[0] instanceof Saving.PooledQuantized);
  }

  static Stream<Arguments> policies() {
    List<Arguments> all = new ArrayList<>();
    List<Saving> policies = Pairs.policies();
    for (int i = 0; i < policies.size(); i++) {
      for (int j = i; j < policies.size(); j++) {
        all.add(Arguments.of(policies.get(i), policies.get(j)));
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("layers")
  void aPolicyDoesToALayerWhatTheTableSays(Saving saving, LayerKind kind) {
    Target target = new InterpTarget();
    for (Layer net : PairNets.of(kind)) {
      check(Pairs.of(saving, kind), net, fitting(saving, kind, net, target), target);
    }
  }

  @ParameterizedTest
  @MethodSource("telling")
  void compiledCodeAgreesWithTheTable(Saving saving, LayerKind kind) {
    check(Pairs.of(saving, kind), PairNets.of(kind).getFirst(), saving, new JvmTarget());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void twoPoliciesDoWhatTheTableSays(Saving one, Saving other) {
    Claim claim = Pairs.of(one, other);
    if (claim instanceof Claim.Refused) {
      String text = one.spec() + "+b=" + other.spec();
      assertThat(BackwardSpec.parse(text).runs().getFirst().refusal())
          .contains(
              "a budget decides"
                  + " for all layers and takes no other saving part beside it; write it alone, without a"
                  + " pattern");
      assertThatThrownBy(() -> byLayer(one, other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("decides for whole models");
    } else {
      // Dense layers are in the second stage.
      boolean turned = one instanceof Saving.BlockSparse;
      Saving both = turned ? byLayer(other, small(one)) : byLayer(one, small(other));
      check(claim, PairNets.mixed(), both, new InterpTarget());
    }
  }

  private static Saving small(Saving saving) {
    return saving instanceof Saving.BlockSparse ? new Saving.BlockSparse(4, 0.5) : saving;
  }

  private static Saving byLayer(Saving one, Saving other) {
    return new Saving.ByLayer(one, List.of(new Saving.Selection(Glob.of("b"), other)));
  }

  /// Small blocks for small layers, and what a budget takes that only the smallest mixture meets.
  private static Saving fitting(Saving saving, LayerKind kind, Layer net, Target target) {
    if (saving instanceof Saving.Budget && kind == LayerKind.REVERSIBLE) {
      return new Saving.Reversible(); // of what it may take, the one that is not exact
    }
    if (!(saving instanceof Saving.Budget)) {
      return small(saving);
    }
    try {
      PairNets.taken(net, new Saving.Budget(1, false), target);
      throw new AssertionError("a step in one byte");
    } catch (BudgetException e) {
      return PairNets.taken(net, new Saving.Budget(e.least(), false), target);
    }
  }

  private static void check(Claim claim, Layer net, Saving saving, Target target) {
    switch (claim) {
      case Claim.Exact _ ->
          assertThat(PairNets.step(net, saving, target))
              .isEqualTo(PairNets.step(net, new Saving.Store(), target));
      case Claim.Changes c -> changes(c, net, saving, target);
      case Claim.Refused r ->
          assertThatThrownBy(() -> PairNets.step(net, saving, target))
              .isInstanceOf(SavingException.class)
              .hasMessageContaining(r.text().split(";", 2)[0]);
    }
  }

  private static void changes(Claim.Changes c, Layer net, Saving saving, Target target) {
    double[] exact = PairNets.gradients(net, new Saving.Store(), target, 1).getFirst();
    List<double[]> draws = PairNets.gradients(net, saving, target, c.random() ? DRAWS : 2);
    double[] first = draws.getFirst();
    assertThat(first).isNotEqualTo(exact);
    assertThat(PairNets.cosine(first, exact))
        .isGreaterThan(c.biased() ? 0.4 : c.random() ? 0.98 : 0.99999);
    if (c.random()) {
      assertThat(draws.get(1)).isNotEqualTo(first);
    } else {
      assertThat(draws.get(1)).isEqualTo(first);
    }
    if (c.random() && !c.biased()) {
      // The error of the mean falls with the root of the number of draws, to a quarter here.
      assertThat(PairNets.distance(mean(draws), exact))
          .isLessThan(
              0.5
                  * draws.stream()
                      .mapToDouble(d -> PairNets.distance(d, exact))
                      .average()
                      .orElseThrow());
    }
  }

  private static double[] mean(List<double[]> all) {
    double[] sum = new double[all.getFirst().length];
    for (double[] one : all) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += one[i] / all.size();
      }
    }
    return sum;
  }
}
