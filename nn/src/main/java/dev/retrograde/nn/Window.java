package dev.retrograde.nn;

import dev.retrograde.ir.LinearOp.Geometry;

/// How a window slides over an image: size, step, padding and distance of its taps.
record Window(
    int kernelH,
    int kernelW,
    int strideH,
    int strideW,
    Padding padding,
    int dilationH,
    int dilationW) {
  Window {
    if (kernelH < 1
        || kernelW < 1
        || strideH < 1
        || strideW < 1
        || dilationH < 1
        || dilationW < 1) {
      throw new IllegalArgumentException(
          "kernel, stride and dilation are at least 1, found kernel %d x %d, stride %d x %d, dilation %d x %d"
              .formatted(kernelH, kernelW, strideH, strideW, dilationH, dilationW));
    }
  }

  static Window square(int kernel, int stride, Padding padding) {
    return new Window(kernel, kernel, stride, stride, padding, 1, 1);
  }

  Window stride(int h, int w) {
    return new Window(kernelH, kernelW, h, w, padding, dilationH, dilationW);
  }

  Window padding(Padding p) {
    return new Window(kernelH, kernelW, strideH, strideW, p, dilationH, dilationW);
  }

  Window dilation(int h, int w) {
    return new Window(kernelH, kernelW, strideH, strideW, padding, h, w);
  }

  Geometry geometry(int groups) {
    return switch (padding) {
      case Padding.Explicit e ->
          new Geometry(
              kernelH,
              kernelW,
              strideH,
              strideW,
              e.top(),
              e.bottom(),
              e.left(),
              e.right(),
              dilationH,
              dilationW,
              groups);
      case Padding.Same _ -> {
        int h = (kernelH - 1) * dilationH;
        int w = (kernelW - 1) * dilationW;
        yield new Geometry(
            kernelH, kernelW, strideH, strideW, h / 2, h - h / 2, w / 2, w - w / 2, dilationH,
            dilationW, groups);
      }
    };
  }
}
