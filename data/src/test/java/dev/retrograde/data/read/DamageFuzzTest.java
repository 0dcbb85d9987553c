package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever bytes a file holds, reading it gives a valid set or a [DataException].
class DamageFuzzTest {
  private static final int ROUNDS = 2_000;

  @TempDir Path folder;

  @Test
  void damagedBytesOnlyEverGiveDataExceptionsOrValidSets() {
    long seed = Long.getLong("retrograde.test.seed", System.nanoTime());
    Random random = new Random(seed);
    int refused = 0;
    int valid = 0;
    List<Map<String, byte[]>> sets = IntStream.range(0, 4).mapToObj(this::undamaged).toList();
    for (int round = 0; round < ROUNDS; round++) {
      Path set = folder.resolve("set" + round % 4);
      Map<String, byte[]> files = sets.get(round % 4);
      String victim = List.copyOf(files.keySet()).get(random.nextInt(files.size()));
      byte[] original = Objects.requireNonNull(files.get(victim));
      Samples.write(set.resolve(victim), damage(original, random));
      try {
        check(DataSets.open(set, ReadOptions.ALL.limitedTo(1 + random.nextInt(40))));
        valid++;
      } catch (DataException e) {
        assertThat(e.getMessage()).isNotBlank();
        refused++;
      } catch (Throwable e) {
        throw new AssertionError(
            "round %d on %s; repeat with: ./mvnw verify -pl data -Dtest=DamageFuzzTest -Dretrograde.test.seed=%d"
                .formatted(round, victim, seed),
            e);
      }
      Samples.write(set.resolve(victim), original);
    }
    assertThat(refused).isGreaterThan(ROUNDS / 10);
    assertThat(valid).isGreaterThan(ROUNDS / 100);
  }

  private Map<String, byte[]> undamaged(int kind) {
    Path set = folder.resolve("set" + kind);
    assertThat(set.toFile().mkdir()).isTrue();
    Map<String, byte[]> files = files(kind);
    files.forEach((name, bytes) -> Samples.write(set.resolve(name), bytes));
    return files;
  }

  private static Map<String, byte[]> files(int kind) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    boolean zipped = kind == 1;
    switch (kind) {
      case 0, 1 -> {
        files.put("train-images", zip(zipped, Samples.idxImages(9)));
        files.put("train-labels", zip(zipped, Samples.idxLabels(9)));
        files.put("t10k-images", zip(zipped, Samples.idxImages(3)));
        files.put("t10k-labels", zip(zipped, Samples.idxLabels(3)));
      }
      case 2 -> {
        for (int i = 1; i <= 5; i++) {
          files.put("data_batch_" + i + ".bin", zip(i % 2 == 0, Samples.cifar(1 + i % 2, i)));
        }
        files.put("test_batch.bin", zip(true, Samples.cifar(1, 0)));
      }
      default -> {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 1; i <= 5; i++) {
          entries.put("data_batch_" + i + ".bin", Samples.cifar(1, i));
        }
        entries.put("test_batch.bin", Samples.cifar(1, 3));
        entries.put("readme.html", "hello".getBytes(StandardCharsets.US_ASCII));
        files.put("cifar-10-binary.tar.gz", Samples.gzip(Samples.tar(entries)));
      }
    }
    return files;
  }

  private static byte[] zip(boolean zipped, byte[] bytes) {
    return zipped ? Samples.gzip(bytes) : bytes;
  }

  private static byte[] damage(byte[] bytes, Random random) {
    byte[] result = bytes.clone();
    switch (random.nextInt(4)) {
      case 0 -> result = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> result = Samples.append(bytes, random.nextInt(256), random.nextInt(256));
      default -> {
        int area = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 24);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          result[random.nextInt(area)] = (byte) random.nextInt(256);
        }
      }
    }
    return result;
  }

  private static void check(DataSet data) {
    byte[] image = new byte[data.train().shape().volume()];
    assertThat(data.train().size()).isPositive();
    for (int i = 0; i < data.train().size(); i++) {
      data.train().copyImage(i, image);
      assertThat(data.train().label(i)).isBetween(0, data.train().classes() - 1);
    }
  }
}
