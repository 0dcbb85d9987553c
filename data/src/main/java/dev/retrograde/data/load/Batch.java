package dev.retrograde.data.load;

import dev.retrograde.data.ImageShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Some samples in off-heap memory, ready for a training step: `images: f32 [capacity, h, w, c]`,
/// `labels: i32 [capacity]`, `ids: i64 [capacity]`, of which the first [#count] rows are meant.
///
/// The memory belongs to the loader, which fills it again: it is valid until the loader is asked
/// for the next batch, moved, or closed (after which access throws). Rows past the count are zero
/// in all three. Segments begin at 64-byte boundaries, and 64 further bytes behind each belong to
/// it, so that machine code may load whole vectors at its end.
public final class Batch {
  private static final int ALIGNMENT = 64;
  private static final int SLACK = 64;

  private final ImageShape shape;
  private final int capacity;
  private final MemorySegment images;
  private final MemorySegment labels;
  private final MemorySegment ids;
  private int count;
  private long epoch;
  private int index;
  private boolean lastOfEpoch;

  Batch(ImageShape shape, int capacity, Arena arena) {
    this.shape = shape;
    this.capacity = capacity;
    this.images = allocate(arena, (long) capacity * shape.volume() * Float.BYTES);
    this.labels = allocate(arena, (long) capacity * Integer.BYTES);
    this.ids = allocate(arena, (long) capacity * Long.BYTES);
  }

  private static MemorySegment allocate(Arena arena, long bytes) {
    return arena.allocate(bytes + SLACK, ALIGNMENT).asSlice(0, bytes);
  }

  /// The shape of one image.
  public ImageShape shape() {
    return shape;
  }

  /// Rows that the memory has room for: the loader's batch size.
  public int capacity() {
    return capacity;
  }

  /// Rows that are filled: less than the capacity in the last batch of an epoch only.
  public int count() {
    return count;
  }

  /// `f32 [capacity, h, w, c]`, native byte order.
  public MemorySegment images() {
    return images;
  }

  /// `i32 [capacity]`, native byte order.
  public MemorySegment labels() {
    return labels;
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

  /// Writes row `row`.
  void put(int row, float[] image, int label, long id) {
    long at = (long) row * image.length;
    MemorySegment.copy(image, 0, images, ValueLayout.JAVA_FLOAT, at * Float.BYTES, image.length);
    labels.setAtIndex(ValueLayout.JAVA_INT, row, label);
    ids.setAtIndex(ValueLayout.JAVA_LONG, row, id);
  }

  /// Zeroes the rows past the count.
  void clearRest() {
    if (count < capacity) {
      long row = (long) shape.volume() * Float.BYTES;
      images.asSlice(count * row).fill((byte) 0);
      labels.asSlice((long) count * Integer.BYTES).fill((byte) 0);
      ids.asSlice((long) count * Long.BYTES).fill((byte) 0);
    }
  }
}
