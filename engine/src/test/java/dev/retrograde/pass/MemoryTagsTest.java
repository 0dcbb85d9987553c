package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.target.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What each buffer of a training step is for.
class MemoryTagsTest {
  /// Every value has a buffer of its own: nothing is fused.
  private static final Target.Options PLAIN = Comparison.PLAIN;

  private static MemoryReport report(Program p) {
    return ReferenceCompiler.wide().forecast(p, PLAIN).memory();
  }

  private static Map<String, Tag> tags(MemoryReport r) {
    Map<String, Tag> tags = new HashMap<>();
    for (Entry e : r.tensors()) {
      tags.put(e.name(), e.tag());
    }
    return tags;
  }

  private static Set<String> made(Program p, java.util.function.Predicate<Node> by) {
    return p.nodes().stream()
        .filter(by)
        .flatMap(n -> n.results().stream())
        .map(Value::toString)
        .collect(Collectors.toSet());
  }

  /// Names of values that a node of backward reads.
  private static Set<String> readByBackward(Program p) {
    return p.nodes().stream()
        .filter(n -> n.origin().phase() == Phase.BACKWARD)
        .flatMap(n -> n.operands().stream())
        .map(Value::toString)
        .collect(Collectors.toSet());
  }

  @Test
  void forwardValuesAreResidualsOnlyWhereBackwardReadsThem() {
    Program p = Nets.resnet(2, 8, 1, 4, 8);
    MemoryReport r = report(p);
    Map<String, Tag> tags = tags(r);
    Set<String> read = readByBackward(p);
    Set<String> forward = made(p, n -> n.origin().phase() == Phase.FORWARD);
    List<String> stored = forward.stream().filter(tags::containsKey).toList();
    assertThat(stored).isNotEmpty();
    for (String v : stored) {
      // What is only read through a view keeps its buffer under its own name.
      if (read.contains(v)) {
        assertThat(tags).containsEntry(v, Tag.RESIDUAL);
      } else {
        assertThat(tags.get(v)).as(v).isIn(Tag.WORKSPACE, Tag.RESIDUAL);
      }
    }
    assertThat(stored).anyMatch(v -> tags.get(v) == Tag.WORKSPACE);
    // None of the forward workspace outlives the last forward step.
    int last =
        r.tensors().stream()
            .filter(e -> e.tag() == Tag.COTANGENT)
            .mapToInt(Entry::birth)
            .min()
            .orElseThrow();
    assertThat(r.tensors())
        .filteredOn(e -> e.tag() == Tag.WORKSPACE && forward.contains(e.name()))
        .filteredOn(e -> p.outputs().stream().noneMatch(o -> o.value().toString().equals(e.name())))
        .allMatch(e -> e.birth() <= last);
    assertThat(r.tensors())
        .filteredOn(e -> e.tag() == Tag.RESIDUAL)
        .allMatch(e -> e.death() >= last);
  }

  @Test
  void whatPredictsHasNoResiduals() {
    Program p = Nets.resnet(2, 8, 1, 4, 8);
    Program only =
        new Program(
            p.name(),
            p.state(),
            p.inputs(),
            p.nodes().stream().filter(n -> n.origin().phase() == Phase.FORWARD).toList(),
            p.outputs(),
            List.of(),
            p.functions());
    assertThat(tags(report(only)).values())
        .contains(Tag.WORKSPACE, Tag.WEIGHT)
        .doesNotContain(Tag.RESIDUAL, Tag.COTANGENT, Tag.GRADIENT);
  }

  @Test
  void gradientsOfParametersAreGradientsAndOtherValuesOfBackwardCotangents() {
    Program p = Nets.mlp(4, 6, 5, 7);
    MemoryReport r = report(p);
    long weights =
        p.state().stream()
            .filter(s -> s.entry().role() == Role.PARAMETER)
            .mapToLong(s -> s.entry().type().bytes())
            .sum();
    assertThat(
            r.tensors().stream().filter(e -> e.tag() == Tag.GRADIENT).mapToLong(Entry::bytes).sum())
        .isEqualTo(weights);
    Set<String> backward = made(p, n -> n.origin().phase() == Phase.BACKWARD);
    assertThat(r.tensors())
        .filteredOn(e -> backward.contains(e.name()))
        .extracting(Entry::tag)
        .containsOnly(Tag.GRADIENT, Tag.COTANGENT);
  }

  @Test
  void whatBackwardComputesAgainIsWorkspace() {
    Program stored = Nets.resnet(4, 8, 3, 4, 8);
    Program p = new Saving.Recompute(1).apply(stored);
    Map<String, Tag> tags = tags(report(p));
    Set<String> clones = made(p, n -> n.origin().epoch() > 0);
    List<String> kept = clones.stream().filter(tags::containsKey).toList();
    assertThat(kept).isNotEmpty().allMatch(v -> tags.get(v) == Tag.WORKSPACE);
    assertThat(bytes(report(p), Tag.RESIDUAL)).isLessThan(bytes(report(stored), Tag.RESIDUAL));
    assertThat(bytes(report(p), Tag.COTANGENT)).isEqualTo(bytes(report(stored), Tag.COTANGENT));
  }

  private static long bytes(MemoryReport r, Tag t) {
    return r.tensors().stream().filter(e -> e.tag() == t).mapToLong(Entry::bytes).sum();
  }
}
