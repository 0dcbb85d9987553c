package dev.retrograde.data.load;

import dev.retrograde.data.Corpus;
import dev.retrograde.data.Key;
import java.util.List;

/// Pieces of a text as samples: `codes: i32 [length + 1]`, so that the codes but the last are the
/// inputs of a model that predicts, and the codes but the first its targets. Nothing is made
/// one-hot here.
public final class TextCuts {
  /// The name of the field.
  public static final String CODES = "codes";

  private TextCuts() {}

  /// Streams: the text is cut into `batch` parts of equal length, and row `r` of the batches of an
  /// epoch walks through part `r`, batch after batch, so that a recurrent state can be carried on.
  /// The loader needs this batch size and must not shuffle. Codes at the end of a part that fill no
  /// piece are left out; neighbouring pieces share the code that is the last target of one and the
  /// first input of the next.
  ///
  /// @param batch rows, at least 1
  /// @param length steps of a piece, at least 1
  /// @throws IllegalArgumentException if the text is too short for one batch
  public static SampleSource streams(Corpus corpus, int batch, int length) {
    return new Streams(corpus, batch, length);
  }

  /// Pieces from anywhere: where sample `i` of an epoch begins is a function of (seed, epoch, i),
  /// each place as likely; the seed is that of the loader's settings.
  ///
  /// @param length steps of a piece, at least 1
  /// @param pieces samples an epoch, at least 1
  /// @throws IllegalArgumentException if the text is too short for one piece
  public static SampleSource random(Corpus corpus, int length, int pieces) {
    return new Random(corpus, length, pieces);
  }

  private static List<Field> fields(int length) {
    return List.of(new Field(CODES, Field.Kind.I32, List.of(length + 1)));
  }

  private static void check(Corpus corpus, int rows, int length, int least) {
    if (rows < 1 || length < 1) {
      throw new IllegalArgumentException(
          "TextCuts of '%s': expected at least 1 row and 1 step, found %d and %d."
              .formatted(corpus.name(), rows, length));
    }
    if (corpus.size() / least <= length) {
      throw new IllegalArgumentException(
          "TextCuts of '%s': expected at least %d codes for %d pieces of %d + 1, found %d. Use shorter pieces or fewer rows."
              .formatted(corpus.name(), (long) least * (length + 1), least, length, corpus.size()));
    }
  }

  private record Streams(Corpus corpus, int batch, int length) implements SampleSource {
    Streams {
      check(corpus, batch, length, batch);
    }

    @Override
    public String name() {
      return corpus.name();
    }

    @Override
    public int size() {
      return batch * ((corpus.size() / batch - 1) / length);
    }

    @Override
    public List<Field> fields() {
      return TextCuts.fields(length);
    }

    @Override
    public Writer writer(LoaderSettings settings) {
      SampleSource.refuseImageSettings(name(), settings);
      if (settings.shuffled() || settings.batch() != batch) {
        throw new IllegalArgumentException(
            "Loader of '%s': expected an order from front to back and batches of %d, as its streams run, found %s and %d."
                .formatted(
                    name(),
                    batch,
                    settings.shuffled() ? "a shuffled one" : "one from front to back",
                    settings.batch()));
      }
      int part = corpus.size() / batch;
      int[] piece = new int[length + 1];
      return (sample, epoch, row) -> {
        corpus.copy(sample % batch * part + sample / batch * length, piece);
        row.put(0, piece);
      };
    }
  }

  private record Random(Corpus corpus, int length, int pieces) implements SampleSource {
    Random {
      check(corpus, pieces, length, 1);
    }

    @Override
    public String name() {
      return corpus.name();
    }

    @Override
    public int size() {
      return pieces;
    }

    @Override
    public List<Field> fields() {
      return TextCuts.fields(length);
    }

    @Override
    public Writer writer(LoaderSettings settings) {
      SampleSource.refuseImageSettings(name(), settings);
      long key = Key.child(Key.of(settings.seed()), "cut");
      int places = corpus.size() - length;
      int[] piece = new int[length + 1];
      return (sample, epoch, row) -> {
        corpus.copy(Key.below(Key.child(key, epoch), sample, places), piece);
        row.put(0, piece);
      };
    }
  }
}
