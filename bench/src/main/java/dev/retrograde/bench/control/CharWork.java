package dev.retrograde.bench.control;

import dev.retrograde.data.read.TextFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Batches of characters, and first weights of the recurrent networks that are trained to say the
/// next one.
///
/// The alphabet is the 26 letters without case, as in the task of the specification; other
/// characters of the text are left out. Batch row b of all batches together reads on through its
/// own part of the text.
///
/// @param name of the text, as rows show it
/// @param batches codes `[batch, time + 1]` each, row-major
public record CharWork(String name, List<int[]> batches) {
  /// Letters.
  public static final int SYMBOLS = 26;

  /// Sequences a batch.
  public static final int BATCH = 20;

  /// Steps of a sequence.
  public static final int TIME = 20;

  /// Hidden numbers.
  public static final int HIDDEN = 50;

  /// The rate of Adagrad.
  public static final double RATE = 0.1;

  private static final int BATCHES = 100;

  static final String INPUT = "input";
  static final String RECURRENT = "recurrent";
  static final String BIAS = "bias";
  static final String FC = "fc.weight";
  static final String FC_BIAS = "fc.bias";

  /// Copies the list.
  public CharWork {
    batches = List.copyOf(batches);
  }

  /// Tiny Shakespeare below `data`, or random letters, so named, where it is not there.
  public static CharWork of(Path data) {
    Path file = data.resolve("text").resolve("tinyshakespeare.txt.gz");
    int[] letters =
        Files.isRegularFile(file)
            ? letters(TextFile.read(file))
            : random(BATCHES * BATCH * TIME * 2);
    String name = Files.isRegularFile(file) ? "Tiny Shakespeare, letters" : "random letters";
    int part = letters.length / BATCH;
    int count = Math.min(BATCHES, (part - 1) / TIME);
    List<int[]> batches = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      int[] codes = new int[BATCH * (TIME + 1)];
      for (int b = 0; b < BATCH; b++) {
        System.arraycopy(letters, b * part + k * TIME, codes, b * (TIME + 1), TIME + 1);
      }
      batches.add(codes);
    }
    return new CharWork(name, batches);
  }

  private static int[] letters(String text) {
    return text.toLowerCase(Locale.ROOT)
        .chars()
        .filter(c -> c >= 'a' && c <= 'z')
        .map(c -> c - 'a')
        .toArray();
  }

  private static int[] random(int count) {
    return new Random(1).ints(count, 0, SYMBOLS).toArray();
  }

  /// The inputs of a batch, `[batch, time]`.
  static int[] inputs(int[] batch) {
    return cut(batch, 0);
  }

  /// The characters to be said, `[batch, time]`.
  static int[] targets(int[] batch) {
    return cut(batch, 1);
  }

  private static int[] cut(int[] batch, int from) {
    int[] some = new int[BATCH * TIME];
    for (int b = 0; b < BATCH; b++) {
      System.arraycopy(batch, b * (TIME + 1) + from, some, b * TIME, TIME);
    }
    return some;
  }

  /// First values by name: matrices uniform as [TreeWeights] has them, biases 0.
  public static Map<String, float[]> weights(CharCell cell, long seed) {
    int wide = cell.gates() * HIDDEN;
    Random random = new Random(seed);
    Map<String, float[]> values = new LinkedHashMap<>();
    values.put(INPUT, uniform(random, SYMBOLS * wide, SYMBOLS + HIDDEN));
    values.put(RECURRENT, uniform(random, HIDDEN * wide, 2 * HIDDEN));
    values.put(BIAS, new float[wide]);
    values.put(FC, uniform(random, HIDDEN * SYMBOLS, HIDDEN + SYMBOLS));
    values.put(FC_BIAS, new float[SYMBOLS]);
    return values;
  }

  private static float[] uniform(Random random, int length, int fans) {
    float bound = (float) Math.sqrt(6.0 / fans);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return values;
  }

  /// Rows of a matrix, 0 for a vector.
  static Map<String, Integer> rows() {
    return Map.of(INPUT, SYMBOLS, RECURRENT, HIDDEN, FC, HIDDEN);
  }
}
