package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp.WindowSpread;
import dev.retrograde.ir.WindowOp.WindowSum;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Averages over blocks of `size` by `size` pixels of images `[n, h, w, c]`. Blocks at the lower
/// and right edge average the pixels that are there. A block stands for all of its pixels.
///
/// The filter gradient of a convolution whose images were coded is computed from the averages
/// themselves ([#filterGrad]); only readers that look at single pixels need [#decode]. The error is
/// a bias: what is lost of a block is the covariance of its images with the cotangents.
///
/// @param size pixels along one side of a block, at least 1, where 1 keeps the value itself
public record Pooling(int size) implements Code {
  public Pooling {
    if (size < 1) {
      throw new IllegalArgumentException("blocks have at least 1 pixel a side, found " + size);
    }
  }

  @Override
  public @Nullable String refuses(Type type) {
    if (type.rank() != 4 || type.ragged()) {
      return "only images [n, h, w, c] of fixed size have blocks of pixels";
    }
    return type.dtype() == DType.F32 || type.dtype() == DType.F64
        ? null
        : "averages are of f32 or f64";
  }

  @Override
  public List<Value> encode(Emit e, Value v, Draw draw) {
    return List.of(encode(e, v));
  }

  /// The averages `[n, ceil(h / size), ceil(w / size), c]`.
  public Value encode(Emit e, Value v) {
    Type t = v.type();
    Code.check(this, t);
    if (size == 1) {
      return v;
    }
    Value sum = e.add(new WindowSum(blocks(t)), v);
    if (t.dim(1) % size == 0 && t.dim(2) % size == 0) {
      return e.scale(sum, 1.0 / ((double) size * size));
    }
    Type shares = Type.of(t.dtype(), sum.type().dim(1), sum.type().dim(2));
    int columns = shares.dim(1);
    Value share =
        e.literal(
            HostTensor.fill(
                shares, i -> 1.0 / (valid(t.dim(1), i / columns) * valid(t.dim(2), i % columns))));
    return e.times(sum, e.broadcast(share, sum.type().extents(), List.of(1, 2)));
  }

  /// Pixels of a block along an axis of `extent`.
  private double valid(int extent, int block) {
    return Math.min(size, extent - block * size);
  }

  /// Each pixel is the average of its block, as a tensor in memory.
  @Override
  public Value decode(Emit e, List<Value> kept, Type type) {
    return size == 1
        ? kept.get(0)
        : e.add(new WindowSpread(blocks(type), type.extents()), kept.get(0));
  }

  @Override
  public long bytes(Type type) {
    return pooled(type).bytes();
  }

  /// Type of the averages of images.
  public Type pooled(Type images) {
    return images.with(
        List.of(
            images.extents().get(0),
            Extent.of(Math.ceilDiv(images.dim(1), size)),
            Extent.of(Math.ceilDiv(images.dim(2), size)),
            images.extents().get(3)));
  }

  /// Blocks as windows; what is missing at the edges counts as padding.
  private Geometry blocks(Type t) {
    int bottom = Math.ceilDiv(t.dim(1), size) * size - t.dim(1);
    int right = Math.ceilDiv(t.dim(2), size) * size - t.dim(2);
    return new Geometry(size, size, size, size, 0, bottom, 0, right, 1, 1, 1);
  }

  /// Why the filter gradient cannot be had from averages, or null where it can.
  ///
  /// @param g the convolution
  /// @param images type of its images
  public @Nullable String refusesFilterGrad(Geometry g, Type images) {
    String why = refuses(images);
    if (why != null) {
      return why;
    }
    if (size == 1) {
      return null;
    }
    if (g.groups() != 1) {
      return "the convolution has "
          + g.groups()
          + " groups of channels, and box sums are of one; keep the images";
    }
    if (size % g.strideH() != 0 || size % g.strideW() != 0) {
      return "blocks of "
          + size
          + " pixels are no multiple of the stride "
          + g.strideH()
          + " by "
          + g.strideW();
    }
    return null;
  }

  /// The gradient of the filters, with every pixel replaced by the average of its block. Nothing of
  /// the images' size is made: cotangents are summed over the outputs that meet a block, and the
  /// product runs over blocks, `size` squared times fewer terms.
  ///
  /// @param op the gradient from the images themselves, `[co, kh, kw, ci]`
  /// @param images type of the images that were coded
  /// @param z their averages
  /// @param g cotangent of the convolution's result
  public Value filterGrad(Emit e, ConvFilterGrad op, Type images, Value z, Value g) {
    String why = refusesFilterGrad(op.g(), images);
    if (why != null) {
      throw new IllegalArgumentException(
          this + " gives no filter gradient of images " + images + ": " + why);
    }
    if (!z.type().equals(pooled(images))) {
      throw new IllegalArgumentException(
          "expected the averages " + pooled(images) + " of images " + images + ", found " + z);
    }
    return size == 1 ? e.add(op, z, g) : new BoxSums(e, op, size, images, z, g).gradient();
  }
}
