package dev.retrograde.data.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.Corpus;
import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.generate.GeneratedTrees;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceSourcesTest {
  private static final LoaderSettings IN_ORDER = LoaderSettings.evaluation(1);

  private static Corpus counting(int size) {
    return Corpus.of("counting", size, IntStream.range(0, size).toArray());
  }

  private static int[] row(Batch batch, String field, int row) {
    long bytes = batch.rowBytes(field);
    return batch.column(field).asSlice(row * bytes, bytes).toArray(ValueLayout.JAVA_INT);
  }

  @ParameterizedTest
  @CsvSource({"50,3,4", "33,3,10", "12,1,11", "12,6,1", "100,1,1"})
  void rowsOfStreamsGoOnWhereTheyStopped(int size, int batch, int length) {
    SampleSource streams = TextCuts.streams(counting(size), batch, length);
    int part = size / batch;
    int[] next = IntStream.range(0, batch).map(r -> r * part).toArray();
    int batches = 0;
    try (Loader loader = Loader.open(streams, LoaderSettings.evaluation(batch))) {
      while (loader.hasNext()) {
        Batch b = loader.next();
        assertThat(b.count()).isEqualTo(batch);
        for (int r = 0; r < batch; r++) {
          int from = next[r];
          assertThat(row(b, TextCuts.CODES, r))
              .containsExactly(IntStream.rangeClosed(from, from + length).toArray());
          next[r] += length;
        }
        batches++;
      }
    }
    assertThat(batches).isEqualTo((part - 1) / length);
    assertThat(next[0]).isLessThan(part).isGreaterThanOrEqualTo(part - length);
  }

  @Test
  void streamsRefuseAnotherOrderOrBatch() {
    SampleSource streams = TextCuts.streams(counting(50), 3, 4);
    assertThatThrownBy(() -> Loader.open(streams, LoaderSettings.training(3, 1)))
        .hasMessageContaining("an order from front to back and batches of 3")
        .hasMessageContaining("found a shuffled one and 3");
    assertThatThrownBy(() -> Loader.open(streams, LoaderSettings.evaluation(2)))
        .hasMessageContaining("found one from front to back and 2");
    assertThatThrownBy(() -> TextCuts.streams(counting(14), 3, 4))
        .hasMessageContaining("at least 15 codes for 3 pieces of 4 + 1, found 14");
  }

  @Test
  void randomPiecesAreFunctionsOfSeedEpochAndSample() {
    SampleSource pieces = TextCuts.random(counting(40), 6, 30);
    List<Integer> first = starts(pieces, 1, 5);
    assertThat(starts(pieces, 1, 30)).isEqualTo(first);
    assertThat(starts(pieces, 2, 5)).isNotEqualTo(first);
    assertThat(first.subList(0, 30)).isNotEqualTo(first.subList(30, 60));
    Set<Integer> all = new HashSet<>(starts(TextCuts.random(counting(9), 6, 200), 1, 10));
    assertThat(all).containsExactlyInAnyOrder(0, 1, 2);
  }

  private static List<Integer> starts(SampleSource pieces, long seed, int batch) {
    LoaderSettings settings = new LoaderSettings(batch, seed, false, 2, List.of(), null, 2);
    List<Integer> starts = new ArrayList<>();
    try (Loader loader = Loader.open(pieces, settings)) {
      while (loader.hasNext()) {
        Batch b = loader.next();
        for (int r = 0; r < b.count(); r++) {
          int[] codes = row(b, TextCuts.CODES, r);
          starts.add(codes[0]);
          assertThat(codes[6]).isEqualTo(codes[0] + 6);
        }
      }
    }
    return starts;
  }

  @Test
  void aTreeIsPaddedAndKnowsItsSize() {
    TreeSet set = GeneratedTrees.of(7, 5);
    try (Loader loader = Loader.open(TreeSource.of(set), LoaderSettings.evaluation(4))) {
      for (int sample = 0; sample < 7; sample += 4) {
        Batch b = loader.next();
        for (int r = 0; r < b.count(); r++) {
          Tree tree = set.trees().get(sample + r);
          assertThat(row(b, TreeSource.NODES, r)).containsExactly(tree.size());
          assertThat(row(b, TreeSource.SCORE, r)).containsExactly(padded(tree.scores()));
          assertThat(row(b, TreeSource.WORD, r)).containsExactly(padded(tree.words()));
          assertThat(row(b, TreeSource.LEFT, r)).containsExactly(padded(tree.lefts()));
          assertThat(row(b, TreeSource.RIGHT, r)).containsExactly(padded(tree.rights()));
          assertThat(Sets.ids(b).get(r)).isEqualTo(sample + r);
        }
      }
      assertThat(loader.hasNext()).isFalse();
    }
  }

  private static int[] padded(int[] values) {
    int[] full = Arrays.copyOf(values, 97);
    Arrays.fill(full, values.length, 97, Tree.NONE);
    return full;
  }

  @Test
  void aTreeLargerThanTheCapacityIsNamed() {
    assertThatThrownBy(() -> new TreeSource(GeneratedTrees.of(7, 5), 96))
        .hasMessageContaining("trees of at most 96 nodes, found 97 in tree 0");
  }

  @Test
  void whatABatchDoesNotHaveIsNamed() {
    SampleSource streams = TextCuts.streams(counting(50), 1, 4);
    try (Loader loader = Loader.open(streams, IN_ORDER)) {
      Batch batch = loader.next();
      assertThat(batch.fields()).hasToString("[codes: i32 [5]]");
      assertThatThrownBy(batch::labels).hasMessageContaining("found 'labels'");
      assertThatThrownBy(batch::shape).hasMessageContaining("a field images of three axes");
    }
    LoaderSettings flipped = IN_ORDER.augment(Augmentation.flip());
    assertThatThrownBy(() -> Loader.open(streams, flipped))
        .hasMessageContaining("without augmentation and normalization, which are for images");
  }

  @Test
  void aSourceThatWritesAnotherShapeIsRefused() {
    SampleSource wrong =
        new SampleSource() {
          @Override
          public String name() {
            return "wrong";
          }

          @Override
          public int size() {
            return 1;
          }

          @Override
          public List<Field> fields() {
            return List.of(new Field("x", Field.Kind.F32, List.of(2, 3)));
          }

          @Override
          public Writer writer(LoaderSettings settings) {
            return (sample, epoch, row) -> row.put(0, new float[5]);
          }
        };
    try (Loader loader = Loader.open(wrong, IN_ORDER)) {
      assertThatThrownBy(loader::next)
          .hasStackTraceContaining("expected numbers for the field x: f32 [2, 3], found 5 of F32");
    }
  }
}
