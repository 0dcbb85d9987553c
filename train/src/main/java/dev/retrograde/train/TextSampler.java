package dev.retrograde.train;

import dev.retrograde.data.Key;
import dev.retrograde.data.load.TextCuts;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Writes text symbol by symbol: each is drawn from what the model predicts after the last `length`
/// symbols. The state of a recurrent model begins anew with each such window.
///
/// Owns its executable, borrows the state. Belongs to the thread that made it.
public final class TextSampler implements AutoCloseable {
  private final int length;
  private final Executable model;
  private final int symbols;

  /// @param plan whose objective is a [NextSymbol]
  /// @throws IllegalArgumentException if it is another
  public TextSampler(Plan plan, StateStore state, Target target, Target.Options options) {
    if (!(plan.objective() instanceof NextSymbol next)) {
      throw new IllegalArgumentException(
          "a sample of text needs a model that was trained on text, found " + plan.objective());
    }
    length = next.length();
    Program evaluate = plan.evaluate(1);
    symbols = evaluate.output(Plan.LOGITS).type().dim(1);
    model = target.compile(evaluate, state, options);
  }

  /// Goes on with a text.
  ///
  /// @param prompt codes to begin after, at least one
  /// @param count symbols to write
  /// @param temperature above 0: below 1 the likely ones are drawn more often than predicted
  /// @param seed decides what is drawn
  /// @return the codes that were written, without the prompt
  public int[] write(int[] prompt, int count, double temperature, long seed) {
    if (prompt.length == 0 || !(temperature > 0)) {
      throw new IllegalArgumentException(
          "a sample needs a prompt of at least 1 symbol and a temperature above 0, found "
              + prompt.length
              + " and "
              + temperature);
    }
    int[] text = java.util.Arrays.copyOf(prompt, prompt.length + count);
    long key = Key.child(Key.of(seed), "sample");
    for (int n = prompt.length; n < text.length; n++) {
      text[n] = draw(after(text, n), temperature, Key.unit(key, n));
    }
    return java.util.Arrays.copyOfRange(text, prompt.length, text.length);
  }

  /// Byte position of the logits that follow the first `n` symbols.
  private long after(int[] text, int n) {
    int from = Math.max(0, n - length);
    MemorySegment codes = model.input(TextCuts.CODES);
    codes.fill((byte) 0);
    for (int i = from; i < n; i++) {
      codes.setAtIndex(ValueLayout.JAVA_INT, i - from, text[i]);
    }
    model.run();
    return (long) (n - from - 1) * symbols;
  }

  private int draw(long row, double temperature, double at) {
    MemorySegment logits = model.output(Plan.LOGITS);
    double top = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < symbols; s++) {
      top = Math.max(top, logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + s));
    }
    double[] sums = new double[symbols];
    double sum = 0;
    for (int s = 0; s < symbols; s++) {
      double z = logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + s);
      sum += StrictMath.exp((z - top) / temperature);
      sums[s] = sum;
    }
    for (int s = 0; s < symbols; s++) {
      if (at * sum < sums[s]) {
        return s;
      }
    }
    return symbols - 1;
  }

  @Override
  public void close() {
    model.close();
  }
}
