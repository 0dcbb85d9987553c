package dev.retrograde.bench.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A tensor of oneDNN: its memory object over a buffer from the caller's arena. Close it before
/// that arena.
final class DnnlMemory implements AutoCloseable {
  private static final long CACHE_LINE = 64;

  /// `dnnl_exec_arg_t`: an int and, after padding, a pointer.
  private static final MemoryLayout ARGUMENT =
      MemoryLayout.structLayout(JAVA_INT, MemoryLayout.paddingLayout(4), ADDRESS);

  private final DnnlLibrary library;
  private final MemorySegment object;
  private final MemorySegment buffer;

  private DnnlMemory(DnnlLibrary library, MemorySegment object, MemorySegment buffer) {
    this.library = library;
    this.object = object;
    this.buffer = buffer;
  }

  /// A tensor as `descriptor` (borrowed) says, its buffer from `arena`.
  static DnnlMemory allocate(DnnlLibrary library, MemorySegment descriptor, Arena arena) {
    long bytes = (long) library.invoke("dnnl_memory_desc_get_size", JAVA_LONG, descriptor);
    MemorySegment buffer = arena.allocate(bytes, CACHE_LINE);
    var object = library.create("dnnl_memory_create", descriptor, library.engine(), buffer);
    return new DnnlMemory(library, object, buffer);
  }

  /// A new descriptor of f32 values with our shape `shape` in `format`; the caller destroys it.
  ///
  /// oneDNN counts the axes of images and filters as `n, c, h, w` whatever their order in memory.
  static MemorySegment descriptor(DnnlLibrary library, List<Integer> shape, int format) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment axes = dims(local, logical(shape));
      return library.create(
          "dnnl_memory_desc_create_with_tag", shape.size(), axes, DnnlConstants.F32, format);
    }
  }

  /// Our own order of the axes of a tensor with `rank` axes.
  static int ownFormat(int rank) {
    return switch (rank) {
      case 2 -> DnnlConstants.FORMAT_AB;
      case 4 -> DnnlConstants.FORMAT_ACDB;
      default -> throw new AssertionError("Kernels have matrices and images, found rank " + rank);
    };
  }

  private static long[] logical(List<Integer> shape) {
    return shape.size() == 4
        ? new long[] {shape.get(0), shape.get(3), shape.get(1), shape.get(2)}
        : shape.stream().mapToLong(Integer::longValue).toArray();
  }

  static MemorySegment dims(Arena arena, long... values) {
    return arena.allocateFrom(JAVA_LONG, values);
  }

  /// Fills this tensor from `values` in our layout.
  void write(List<Integer> shape, float[] values) {
    try (Arena local = Arena.ofConfined();
        DnnlMemory own = own(shape, local)) {
      MemorySegment.copy(values, 0, own.buffer, JAVA_FLOAT, 0, values.length);
      own.copyTo(this);
    }
  }

  /// The values of this tensor in our layout.
  float[] read(List<Integer> shape) {
    try (Arena local = Arena.ofConfined();
        DnnlMemory own = own(shape, local)) {
      copyTo(own);
      return own.buffer.toArray(JAVA_FLOAT);
    }
  }

  private DnnlMemory own(List<Integer> shape, Arena local) {
    MemorySegment descriptor = descriptor(library, shape, ownFormat(shape.size()));
    try {
      return allocate(library, descriptor, local);
    } finally {
      library.call("dnnl_memory_desc_destroy", descriptor);
    }
  }

  private void copyTo(DnnlMemory target) {
    MemorySegment engine = library.engine();
    MemorySegment description =
        library.create(
            "dnnl_reorder_primitive_desc_create",
            descriptor(),
            engine,
            target.descriptor(),
            engine,
            MemorySegment.NULL);
    MemorySegment reorder = library.create("dnnl_primitive_create", description);
    try (Arena local = Arena.ofConfined()) {
      MemorySegment arguments = arguments(local, 2);
      argument(arguments, 0, DnnlConstants.ARGUMENT_SOURCE);
      target.argument(arguments, 1, DnnlConstants.ARGUMENT_TARGET);
      library.execute(reorder, 2, arguments);
    } finally {
      library.call("dnnl_primitive_destroy", reorder);
      library.call("dnnl_primitive_desc_destroy", description);
    }
  }

  /// The descriptor of this tensor, borrowed.
  private MemorySegment descriptor() {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment slot = local.allocate(ADDRESS);
      library.call("dnnl_memory_get_memory_desc", object, slot);
      return slot.get(ADDRESS, 0);
    }
  }

  /// Room for `count` arguments of a primitive.
  static MemorySegment arguments(Arena arena, int count) {
    return arena.allocate(ARGUMENT, count);
  }

  /// Makes this tensor argument number `index`, in the role `role`.
  void argument(MemorySegment arguments, int index, int role) {
    arguments.set(JAVA_INT, index * ARGUMENT.byteSize(), role);
    arguments.set(ADDRESS, index * ARGUMENT.byteSize() + 8, object);
  }

  @Override
  public void close() {
    library.call("dnnl_memory_destroy", object);
  }
}
