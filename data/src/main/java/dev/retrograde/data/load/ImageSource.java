package dev.retrograde.data.load;

import dev.retrograde.data.ImageSet;
import dev.retrograde.data.Key;
import java.util.List;

/// Images as samples: `images: f32 [h, w, c]` and `labels: i32`.
public record ImageSource(ImageSet set) implements SampleSource {

  @Override
  public String name() {
    return set.name();
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public long id(int sample) {
    return set.id(sample);
  }

  @Override
  public List<Field> fields() {
    List<Integer> shape =
        List.of(set.shape().height(), set.shape().width(), set.shape().channels());
    return List.of(
        new Field(Batch.IMAGES, Field.Kind.F32, shape),
        new Field(Batch.LABELS, Field.Kind.I32, List.of()));
  }

  @Override
  public Writer writer(LoaderSettings settings) {
    return new ImageWriter(set, settings);
  }

  /// Augments the bytes, then decodes them through a table a channel, which folds scale and
  /// normalisation into one rounding.
  private static final class ImageWriter implements Writer {
    private final ImageSet set;
    private final List<Augmentation> augmentations;
    private final long[] stepKeys;
    private final float[][] tables;
    private byte[] bytes;
    private byte[] other;
    private final float[] decoded;

    ImageWriter(ImageSet set, LoaderSettings settings) {
      this.set = set;
      this.augmentations = settings.augmentations();
      int channels = set.shape().channels();
      Normalization normalization =
          settings.normalization() == null
              ? Normalization.scaleOnly(channels)
              : settings.normalization();
      if (normalization.mean().size() != channels) {
        throw new IllegalArgumentException(
            "Loader of '%s': expected a normalization of %d channels, found one of %d."
                .formatted(set.name(), channels, normalization.mean().size()));
      }
      long root = Key.child(Key.of(settings.seed()), "augmentation");
      this.stepKeys = augmentations.stream().mapToLong(a -> Key.child(root, a.name())).toArray();
      this.tables = new float[channels][];
      for (int c = 0; c < channels; c++) {
        tables[c] = normalization.table(c);
      }
      this.bytes = new byte[set.shape().volume()];
      this.other = new byte[set.shape().volume()];
      this.decoded = new float[set.shape().volume()];
    }

    @Override
    public void write(int sample, long epoch, Batch.Row row) {
      long id = set.id(sample);
      set.copyImage(sample, bytes);
      for (int step = 0; step < stepKeys.length; step++) {
        long key = Key.child(Key.child(stepKeys[step], epoch), id);
        augmentations.get(step).apply(set.shape(), bytes, other, key);
        byte[] swap = bytes;
        bytes = other;
        other = swap;
      }
      int channels = tables.length;
      for (int c = 0; c < channels; c++) {
        float[] table = tables[c];
        for (int i = c; i < decoded.length; i += channels) {
          decoded[i] = table[bytes[i] & 0xFF];
        }
      }
      row.put(0, decoded);
      row.put(1, set.label(sample));
    }
  }
}
