package dev.retrograde.data.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoaderTest {
  private static final ImageSet SET = Sets.random(13, new ImageShape(5, 4, 3));
  private static final LoaderSettings SETTINGS =
      LoaderSettings.training(4, 7)
          .epochs(3)
          .augment(Augmentation.padAndCrop(2), Augmentation.flip())
          .normalize(Normalization.of(SET));

  private static List<String> rest(Loader loader) {
    List<String> contents = new ArrayList<>();
    while (loader.hasNext()) {
      contents.add(Sets.content(loader.next()));
    }
    return contents;
  }

  @Test
  void everyEpochHoldsEverySampleOnceInAnOrderOfItsOwn() {
    List<List<Long>> epochs = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    try (Loader loader = Loader.open(SET, SETTINGS)) {
      while (loader.hasNext()) {
        Batch batch = loader.next();
        epochs.get((int) batch.epoch()).addAll(Sets.ids(batch));
        assertThat(batch.count()).isEqualTo(batch.index() == 3 ? 1 : 4);
        assertThat(batch.lastOfEpoch()).isEqualTo(batch.index() == 3);
      }
    }
    assertThat(epochs)
        .allSatisfy(ids -> assertThat(ids).hasSize(13).doesNotHaveDuplicates())
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,2", "13,1", "14,3", "5,1", "4,7"})
  void lastShortBatchIsKeptAndItsRestIsZero(int batchSize, int prefetch) {
    LoaderSettings settings = LoaderSettings.evaluation(batchSize).epochs(2).prefetch(prefetch);
    try (Loader loader = Loader.open(SET, settings)) {
      int seen = 0;
      while (loader.hasNext()) {
        Batch batch = loader.next();
        seen += batch.count();
        assertThat(batch.count())
            .isEqualTo(batch.lastOfEpoch() ? 13 - batchSize * batch.index() : batchSize);
        MemorySegment unused = batch.images().asSlice(batch.count() * 60L * 4);
        assertThat(unused.toArray(ValueLayout.JAVA_BYTE)).containsOnly(zeros(unused.byteSize()));
        assertThat(batch.labels().byteSize()).isEqualTo(4L * batchSize);
        assertThat(batch.images().address() % 64).isZero();
      }
      assertThat(seen).isEqualTo(26);
    }
  }

  private static byte[] zeros(long bytes) {
    return new byte[(int) bytes];
  }

  @Test
  void evaluationRunsOnceFromFrontToBackAndAgainAfterSeek() {
    try (Loader loader = Loader.open(SET, LoaderSettings.evaluation(4))) {
      List<String> first = rest(loader);
      assertThat(first).hasSize(4);
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("all 1 epochs are done");
      loader.seek(Position.START);
      assertThat(Sets.ids(loader.next())).containsExactly(0L, 1L, 2L, 3L);
      loader.seek(Position.START);
      assertThat(rest(loader)).isEqualTo(first);
    }
  }

  @Test
  void aMovedLoaderGoesOnExactlyAsAnUndisturbedOne() {
    List<String> all;
    try (Loader loader = Loader.open(SET, SETTINGS)) {
      all = rest(loader);
    }
    assertThat(all).hasSize(12);
    for (int done = 0; done <= 12; done++) {
      Position saved;
      try (Loader loader = Loader.open(SET, SETTINGS.prefetch(3))) {
        for (int i = 0; i < done; i++) {
          loader.next();
        }
        saved = loader.position();
      }
      try (Loader resumed = Loader.open(SET, SETTINGS.prefetch(1))) {
        resumed.seek(saved);
        assertThat(resumed.position()).isEqualTo(saved);
        assertThat(rest(resumed)).isEqualTo(all.subList(done, 12));
      }
    }
  }

  @Test
  void manyMovesLeaveNoStaleBatch() {
    try (Loader loader = Loader.open(SET, SETTINGS.epochs(50))) {
      for (int i = 0; i < 400; i++) {
        Position target = new Position(i % 37, i % 4);
        loader.seek(target);
        for (int k = 0; k < i % 3; k++) {
          Batch batch = loader.next();
          assertThat(batch.epoch()).isEqualTo(target.epoch() + (target.batch() + k) / 4);
          assertThat(batch.index()).isEqualTo((target.batch() + k) % 4);
        }
      }
    }
  }

  @Test
  void endOfAnEpochIsTheStartOfTheNext() {
    try (Loader loader = Loader.open(SET, SETTINGS)) {
      loader.seek(new Position(1, 4));
      assertThat(loader.position()).isEqualTo(new Position(2, 0));
      assertThatThrownBy(() -> loader.seek(new Position(0, 5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected a batch from 0 to 4, found 5");
    }
  }

  @Test
  void orderHashTellsSeedsBatchesAndEpochsApart() {
    HashSet<String> seen = new HashSet<>();
    for (LoaderSettings settings :
        List.of(SETTINGS, LoaderSettings.training(4, 8), LoaderSettings.training(5, 7))) {
      try (Loader loader = Loader.open(SET, settings)) {
        assertThat(loader.orderHash(2)).isEqualTo(loader.orderHash(2)).hasSize(16);
        seen.add(loader.orderHash(1));
        seen.add(loader.orderHash(2));
      }
    }
    assertThat(seen).hasSize(6);
  }

  @Test
  void otherSeedsGiveOtherAugmentation() {
    LoaderSettings inOrder =
        LoaderSettings.evaluation(13).augment(Augmentation.shift(2), Augmentation.flip());
    try (Loader a = Loader.open(SET, inOrder.epochs(2));
        Loader b =
            Loader.open(
                SET, new LoaderSettings(13, 1, false, 1, inOrder.augmentations(), null, 1))) {
      float[] first = a.next().images().toArray(ValueLayout.JAVA_FLOAT);
      float[] nextEpoch = a.next().images().toArray(ValueLayout.JAVA_FLOAT);
      float[] otherSeed = b.next().images().toArray(ValueLayout.JAVA_FLOAT);
      assertThat(nextEpoch).isNotEqualTo(first);
      assertThat(otherSeed).isNotEqualTo(first);
    }
  }

  @Test
  void aThrowingAugmentationSurfacesWithItsCause() {
    Augmentation broken =
        new Augmentation() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public void apply(ImageShape shape, byte[] from, byte[] to, long key) {
            throw new ArithmeticException("on purpose");
          }
        };
    try (Loader loader = Loader.open(SET, SETTINGS.augment(broken))) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("batch 0 of epoch 0 could not be prepared")
          .hasRootCauseMessage("on purpose");
    }
  }

  @Test
  void useAfterCloseThrows() {
    Loader loader = Loader.open(SET, SETTINGS);
    Batch batch = loader.next();
    loader.close();
    loader.close();
    assertThatThrownBy(() -> batch.images().get(ValueLayout.JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(loader::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("it is closed");
  }

  @Test
  void anInterruptedCallerIsTold() throws InterruptedException {
    CountDownLatch go = new CountDownLatch(1);
    Augmentation waits =
        new Augmentation() {
          @Override
          public String name() {
            return "waits";
          }

          @Override
          public void apply(ImageShape shape, byte[] from, byte[] to, long key) {
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
        };
    try (Loader loader = Loader.open(SET, SETTINGS.augment(waits))) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(loader::next).isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).isTrue();
      go.countDown();
      assertThat(loader.next().index()).isZero();
    }
  }

  @Test
  void closingEndsTheThread() {
    for (int i = 0; i < 100; i++) {
      Loader loader = Loader.open(SET, SETTINGS);
      if (i % 2 == 0) {
        loader.next();
      }
      loader.close();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("loader of random") && thread.isAlive());
  }

  @Test
  void aWarmBatchCostsNoHeap() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ImageSet set = Sets.random(640, new ImageShape(8, 8, 3));
    LoaderSettings settings =
        LoaderSettings.training(16, 1).augment(Augmentation.shift(1), Augmentation.flip());
    try (Loader loader = Loader.open(set, settings)) {
      long producer =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("loader of random"))
              .findFirst()
              .orElseThrow()
              .threadId();
      long fewest = Long.MAX_VALUE;
      for (int window = 0; window < 30 && fewest >= 64; window++) {
        long before =
            threads.getCurrentThreadAllocatedBytes() + threads.getThreadAllocatedBytes(producer);
        take(loader, 1_000);
        long after =
            threads.getCurrentThreadAllocatedBytes() + threads.getThreadAllocatedBytes(producer);
        fewest = Math.min(fewest, (after - before) / 1_000);
      }
      assertThat(fewest).as("bytes a batch, once compiled").isLessThan(64);
    }
  }

  private static void take(Loader loader, int batches) {
    for (int i = 0; i < batches; i++) {
      loader.next();
    }
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> LoaderSettings.training(0, 1)).hasMessageContaining("found 0, ");
    assertThatThrownBy(() -> SETTINGS.augment(Augmentation.flip(), Augmentation.flip()))
        .hasMessageContaining("distinct names, found [flip, flip]");
    assertThatThrownBy(() -> Loader.open(SET, SETTINGS.normalize(Normalization.scaleOnly(1))))
        .hasMessageContaining("a normalization of 3 channels, found one of 1");
    assertThatThrownBy(() -> Loader.open(SET.first(0), SETTINGS))
        .hasMessageContaining("at least 1 sample");
  }
}
