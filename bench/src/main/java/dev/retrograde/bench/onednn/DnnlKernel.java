package dev.retrograde.bench.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.retrograde.bench.onednn.DnnlPlan.Role;
import dev.retrograde.bench.task.KernelPeer;
import dev.retrograde.bench.task.KernelShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// One product or convolution on oneDNN: a primitive made once, over tensors in the layouts that
/// the library chose for it. Setting operands and reading the result convert; [#run] does not.
///
/// Confined to the library's thread. Owns its memory until closed.
public final class DnnlKernel implements KernelPeer {
  private static final int TENSORS = 3;

  private final DnnlLibrary library;
  private final KernelShape shape;
  private final int threads;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment description;
  private final MemorySegment primitive;
  private final List<DnnlMemory> tensors = new ArrayList<>();
  private final MemorySegment arguments;

  /// Prepares `shape` for `threads` threads (at least 1); the library blocks its loops for that
  /// count, so that it is fixed here. Takes milliseconds.
  public DnnlKernel(DnnlLibrary library, KernelShape shape, int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Kernel '" + shape.name() + "': expected at least 1 thread, found " + threads);
    }
    this.library = library;
    this.shape = shape;
    this.threads = threads;
    library.threads(threads);
    DnnlPlan plan = DnnlPlan.of(library, shape);
    this.description = plan.description();
    this.primitive = library.create("dnnl_primitive_create", description);
    this.arguments = DnnlMemory.arguments(arena, TENSORS);
    for (Role role : plan.roles()) {
      var layout =
          (MemorySegment)
              library.invoke("dnnl_primitive_desc_query_md", ADDRESS, description, role.query(), 0);
      DnnlMemory tensor = DnnlMemory.allocate(library, layout, arena);
      tensor.argument(arguments, tensors.size(), role.argument());
      tensors.add(tensor);
    }
  }

  @Override
  public KernelShape shape() {
    return shape;
  }

  @Override
  public String implementation() {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment slot = local.allocate(ADDRESS);
      library.call(
          "dnnl_primitive_desc_query", description, DnnlConstants.QUERY_IMPLEMENTATION, 0, slot);
      return slot.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
    }
  }

  @Override
  public void setOperands(float[] first, float[] second) {
    check("first", shape.first(), first);
    check("second", shape.second(), second);
    tensors.get(0).write(shape.first(), first);
    tensors.get(1).write(shape.second(), second);
  }

  private void check(String operand, List<Integer> expected, float[] values) {
    if (values.length != KernelShape.size(expected)) {
      throw new IllegalArgumentException(
          "Kernel '%s', %s operand: expected %d values of shape %s, found %d"
              .formatted(
                  shape.name(), operand, KernelShape.size(expected), expected, values.length));
    }
  }

  @Override
  public void run() {
    library.threads(threads);
    library.execute(primitive, TENSORS, arguments);
  }

  @Override
  public float[] result() {
    return tensors.get(2).read(shape.result());
  }

  @Override
  public void close() {
    tensors.forEach(DnnlMemory::close);
    library.call("dnnl_primitive_destroy", primitive);
    library.call("dnnl_primitive_desc_destroy", description);
    arena.close();
  }
}
