package dev.retrograde.data.load;

import dev.retrograde.data.ImageShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Some samples in off-heap memory, ready for a training step: one column a field of the source,
/// `[capacity, dims...]`, and `ids: i64 [capacity]`, of which the first [#count] rows are meant.
/// Batches of images have the fields `images: f32 [capacity, h, w, c]` and `labels: i32
/// [capacity]`.
///
/// The memory belongs to the loader, which fills it again: it is valid until the loader is asked
/// for the next batch, moved, or closed (after which access throws). Rows past the count are zero
/// in all columns. Segments begin at 64-byte boundaries, and 64 further bytes behind each belong to
/// it, so that machine code may load whole vectors at its end.
public final class Batch {
  /// Fields of batches of images.
  static final String IMAGES = "images";

  static final String LABELS = "labels";

  private static final int ALIGNMENT = 64;
  private static final int SLACK = 64;

  private final List<Field> fields;
  private final int capacity;
  private final MemorySegment[] columns;
  private final int[] volumes;
  private final MemorySegment ids;
  private final @Nullable ImageShape shape;
  private final Row row = new Row();
  private int count;
  private long epoch;
  private int index;
  private boolean lastOfEpoch;

  Batch(List<Field> fields, int capacity, Arena arena) {
    this.fields = List.copyOf(fields);
    this.capacity = capacity;
    this.columns = new MemorySegment[fields.size()];
    this.volumes = fields.stream().mapToInt(Field::volume).toArray();
    if (fields.stream().map(Field::name).distinct().count() < fields.size()) {
      throw new IllegalArgumentException("Batch: expected distinct names, found " + fields + ".");
    }
    for (int f = 0; f < columns.length; f++) {
      columns[f] = allocate(arena, (long) capacity * volumes[f] * Integer.BYTES);
    }
    this.ids = allocate(arena, (long) capacity * Long.BYTES);
    this.shape =
        fields.stream()
            .filter(f -> f.name().equals(IMAGES) && f.dims().size() == 3)
            .map(f -> new ImageShape(f.dims().get(0), f.dims().get(1), f.dims().get(2)))
            .findFirst()
            .orElse(null);
  }

  private static MemorySegment allocate(Arena arena, long bytes) {
    return arena.allocate(bytes + SLACK, ALIGNMENT).asSlice(0, bytes);
  }

  /// What the samples consist of.
  public List<Field> fields() {
    return fields;
  }

  /// The numbers of a field, `[capacity, dims...]` in native byte order.
  ///
  /// @throws IllegalArgumentException if there is no such field
  public MemorySegment column(String field) {
    return columns[indexOf(field)];
  }

  /// Bytes of one sample in a field's column.
  ///
  /// @throws IllegalArgumentException if there is no such field
  public long rowBytes(String field) {
    return (long) volumes[indexOf(field)] * Integer.BYTES;
  }

  private int indexOf(String field) {
    for (int f = 0; f < columns.length; f++) {
      if (fields.get(f).name().equals(field)) {
        return f;
      }
    }
    throw new IllegalArgumentException(
        "Batch: expected one of the fields %s, found '%s'.".formatted(fields, field));
  }

  /// Rows that the memory has room for: the loader's batch size.
  public int capacity() {
    return capacity;
  }

  /// Rows that are filled: less than the capacity in the last batch of an epoch only.
  public int count() {
    return count;
  }

  /// The shape of one image of a batch of images.
  ///
  /// @throws IllegalArgumentException if the samples have no images
  public ImageShape shape() {
    if (shape == null) {
      throw new IllegalArgumentException(
          "Batch: expected samples with a field images of three axes, found " + fields + ".");
    }
    return shape;
  }

  /// `f32 [capacity, h, w, c]` of a batch of images.
  ///
  /// @throws IllegalArgumentException if the samples have no images
  public MemorySegment images() {
    return column(IMAGES);
  }

  /// `i32 [capacity]` of a batch with labels.
  ///
  /// @throws IllegalArgumentException if the samples have no labels
  public MemorySegment labels() {
    return column(LABELS);
  }

  /// `i64 [capacity]`: each sample's id, native byte order.
  public MemorySegment ids() {
    return ids;
  }

  /// The epoch that the batch belongs to, counted from 0.
  public long epoch() {
    return epoch;
  }

  /// Its place in the epoch, counted from 0.
  public int index() {
    return index;
  }

  /// Whether the epoch ends with it.
  public boolean lastOfEpoch() {
    return lastOfEpoch;
  }

  void describe(long epoch, int index, int count, boolean lastOfEpoch) {
    this.epoch = epoch;
    this.index = index;
    this.count = count;
    this.lastOfEpoch = lastOfEpoch;
  }

  /// The row to write a sample to; valid until another is asked for.
  Row row(int number, long id) {
    ids.setAtIndex(ValueLayout.JAVA_LONG, number, id);
    row.number = number;
    return row;
  }

  /// Zeroes the rows past the count.
  void clearRest() {
    if (count < capacity) {
      for (int f = 0; f < columns.length; f++) {
        columns[f].asSlice((long) count * volumes[f] * Integer.BYTES).fill((byte) 0);
      }
      ids.asSlice((long) count * Long.BYTES).fill((byte) 0);
    }
  }

  /// Where a source writes one sample. Fields go by their place in [SampleSource#fields].
  public final class Row {
    private int number;

    private Row() {}

    /// Writes a field of kind f32.
    public void put(int field, float[] values) {
      long at = place(field, Field.Kind.F32, values.length);
      MemorySegment.copy(values, 0, columns[field], ValueLayout.JAVA_FLOAT, at, values.length);
    }

    /// Writes a field of kind i32.
    public void put(int field, int[] values) {
      long at = place(field, Field.Kind.I32, values.length);
      MemorySegment.copy(values, 0, columns[field], ValueLayout.JAVA_INT, at, values.length);
    }

    /// Writes a field of one i32.
    public void put(int field, int value) {
      columns[field].set(ValueLayout.JAVA_INT, place(field, Field.Kind.I32, 1), value);
    }

    private long place(int field, Field.Kind kind, int length) {
      if (fields.get(field).kind() != kind || volumes[field] != length) {
        throw new IllegalArgumentException(
            "Batch: expected numbers for the field %s, found %d of %s."
                .formatted(fields.get(field), length, kind));
      }
      return (long) number * length * Integer.BYTES;
    }
  }
}
