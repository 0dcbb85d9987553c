package dev.retrograde.bench.onednn;

import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelShape.Convolution;
import dev.retrograde.bench.task.KernelShape.Product;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The description of a primitive for a kernel, all layouts left to the library, and the roles of
/// its three tensors in the order first, second, result.
///
/// @param description the primitive's descriptor; the owner of the plan destroys it
/// @param roles execution argument and descriptor query of each tensor
record DnnlPlan(MemorySegment description, List<Role> roles) {
  /// How one tensor is named in execution and in queries.
  record Role(int argument, int query) {}

  private static final Role SOURCE =
      new Role(DnnlConstants.ARGUMENT_SOURCE, DnnlConstants.QUERY_SOURCE);
  private static final Role WEIGHTS =
      new Role(DnnlConstants.ARGUMENT_WEIGHTS, DnnlConstants.QUERY_WEIGHTS);
  private static final Role TARGET =
      new Role(DnnlConstants.ARGUMENT_TARGET, DnnlConstants.QUERY_TARGET);
  private static final Role SOURCE_GRADIENT =
      new Role(DnnlConstants.ARGUMENT_SOURCE_GRADIENT, DnnlConstants.QUERY_SOURCE_GRADIENT);
  private static final Role WEIGHTS_GRADIENT =
      new Role(DnnlConstants.ARGUMENT_WEIGHTS_GRADIENT, DnnlConstants.QUERY_WEIGHTS_GRADIENT);
  private static final Role TARGET_GRADIENT =
      new Role(DnnlConstants.ARGUMENT_TARGET_GRADIENT, DnnlConstants.QUERY_TARGET_GRADIENT);

  static DnnlPlan of(DnnlLibrary library, KernelShape shape) {
    return switch (shape) {
      case Product product -> product(library, product);
      case Convolution convolution -> convolution(library, convolution);
    };
  }

  private static DnnlPlan product(DnnlLibrary library, Product product) {
    try (Descriptors any = new Descriptors(library)) {
      MemorySegment description =
          library.create(
              "dnnl_matmul_primitive_desc_create",
              library.engine(),
              any.of(product.first()),
              any.of(product.second()),
              MemorySegment.NULL,
              any.of(product.result()),
              MemorySegment.NULL);
      return new DnnlPlan(description, List.of(SOURCE, WEIGHTS, TARGET));
    }
  }

  private static DnnlPlan convolution(DnnlLibrary library, Convolution shape) {
    return switch (shape.direction()) {
      case FORWARD -> new DnnlPlan(forward(library, shape), List.of(SOURCE, WEIGHTS, TARGET));
      case BACKWARD_DATA ->
          new DnnlPlan(
              backwardData(library, shape), List.of(TARGET_GRADIENT, WEIGHTS, SOURCE_GRADIENT));
      case BACKWARD_WEIGHTS ->
          new DnnlPlan(
              backwardWeights(library, shape), List.of(SOURCE, TARGET_GRADIENT, WEIGHTS_GRADIENT));
    };
  }

  private static MemorySegment forward(DnnlLibrary library, Convolution shape) {
    try (Descriptors any = new Descriptors(library);
        Arena local = Arena.ofConfined()) {
      MemorySegment padding = both(local, shape.padding());
      return library.create(
          "dnnl_convolution_forward_primitive_desc_create",
          library.engine(),
          DnnlConstants.FORWARD_TRAINING,
          DnnlConstants.CONVOLUTION_DIRECT,
          any.of(shape.input()),
          any.of(shape.filter()),
          MemorySegment.NULL,
          any.of(shape.output()),
          both(local, shape.stride()),
          both(local, 0),
          padding,
          padding,
          MemorySegment.NULL);
    }
  }

  private static MemorySegment backwardData(DnnlLibrary library, Convolution shape) {
    MemorySegment hint = forward(library, shape);
    try (Descriptors any = new Descriptors(library);
        Arena local = Arena.ofConfined()) {
      MemorySegment padding = both(local, shape.padding());
      return library.create(
          "dnnl_convolution_backward_data_primitive_desc_create",
          library.engine(),
          DnnlConstants.CONVOLUTION_DIRECT,
          any.of(shape.input()),
          any.of(shape.filter()),
          any.of(shape.output()),
          both(local, shape.stride()),
          both(local, 0),
          padding,
          padding,
          hint,
          MemorySegment.NULL);
    } finally {
      library.call("dnnl_primitive_desc_destroy", hint);
    }
  }

  private static MemorySegment backwardWeights(DnnlLibrary library, Convolution shape) {
    MemorySegment hint = forward(library, shape);
    try (Descriptors any = new Descriptors(library);
        Arena local = Arena.ofConfined()) {
      MemorySegment padding = both(local, shape.padding());
      return library.create(
          "dnnl_convolution_backward_weights_primitive_desc_create",
          library.engine(),
          DnnlConstants.CONVOLUTION_DIRECT,
          any.of(shape.input()),
          any.of(shape.filter()),
          MemorySegment.NULL,
          any.of(shape.output()),
          both(local, shape.stride()),
          both(local, 0),
          padding,
          padding,
          hint,
          MemorySegment.NULL);
    } finally {
      library.call("dnnl_primitive_desc_destroy", hint);
    }
  }

  private static MemorySegment both(Arena arena, long value) {
    return DnnlMemory.dims(arena, value, value);
  }

  /// Descriptors that leave the layout open, destroyed together.
  private static final class Descriptors implements AutoCloseable {
    private final DnnlLibrary library;
    private final List<MemorySegment> made = new ArrayList<>();

    Descriptors(DnnlLibrary library) {
      this.library = library;
    }

    MemorySegment of(List<Integer> shape) {
      made.add(DnnlMemory.descriptor(library, shape, DnnlConstants.FORMAT_ANY));
      return made.getLast();
    }

    @Override
    public void close() {
      made.forEach(descriptor -> library.call("dnnl_memory_desc_destroy", descriptor));
    }
  }
}
