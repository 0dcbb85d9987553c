package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarEval;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/// A dense tensor on the heap, one `long` of stored bits an element: what the interpreter computes
/// with, and how constants are held. Slow on purpose; nothing on a training path uses it.
public final class HostTensor {
  private final DType dtype;
  private final int[] dims;
  private final long[] bits;

  private HostTensor(DType dtype, int[] dims, long[] bits) {
    this.dtype = dtype;
    this.dims = dims;
    this.bits = bits;
  }

  public static HostTensor zeros(Type t) {
    return new HostTensor(
        t.dtype(),
        t.dims().stream().mapToInt(x -> x).toArray(),
        new long[Math.toIntExact(t.size())]);
  }

  /// Element i (row-major) is `f(i)`.
  public static HostTensor fill(Type t, IntToDoubleFunction f) {
    HostTensor h = zeros(t);
    for (int i = 0; i < h.bits.length; i++) {
      h.set(i, f.applyAsDouble(i));
    }
    return h;
  }

  public static HostTensor of(Type t, double... values) {
    if (values.length != t.size()) {
      throw new IllegalArgumentException(
          t + " wants " + t.size() + " values, not " + values.length);
    }
    return fill(t, i -> values[i]);
  }

  public static HostTensor scalar(DType d, double v) {
    return of(Type.of(d), v);
  }

  public DType dtype() {
    return dtype;
  }

  public Type type() {
    return Type.of(dtype, dims);
  }

  public int rank() {
    return dims.length;
  }

  public int dim(int axis) {
    return dims[axis];
  }

  public int size() {
    return bits.length;
  }

  public double get(int i) {
    return ScalarCode.toDouble(dtype, bits[i]);
  }

  /// Stores a number: floats round to nearest even, integers wrap.
  public void set(int i, double v) {
    bits[i] =
        dtype.isInteger()
            ? ScalarEval.cast(DType.I64, dtype, (long) v)
            : ScalarCode.bitsOf(dtype, v);
  }

  /// Stores an integer, which wraps to the element type.
  public void setWhole(int i, long v) {
    bits[i] = ScalarEval.cast(DType.I64, dtype, v);
  }

  public long bits(int i) {
    return bits[i];
  }

  public void setBits(int i, long v) {
    bits[i] = v;
  }

  /// Row-major position of an index.
  public int at(int... index) {
    int p = 0;
    for (int i = 0; i < dims.length; i++) {
      p = p * dims[i] + index[i];
    }
    return p;
  }

  /// Index of a row-major position.
  public int[] index(int at) {
    int[] ix = new int[dims.length];
    for (int i = dims.length - 1; i >= 0; i--) {
      ix[i] = at % dims[i];
      at /= dims[i];
    }
    return ix;
  }

  /// The same elements under another shape.
  public HostTensor reshaped(List<Integer> shape) {
    if (Type.of(dtype, shape).size() != bits.length) {
      throw new IllegalArgumentException(
          "shape " + shape + " does not hold the " + bits.length + " elements of " + type());
    }
    return new HostTensor(dtype, shape.stream().mapToInt(x -> x).toArray(), bits);
  }

  /// The elements whose index both shapes have, at the same index; zeros elsewhere. Of equal rank.
  public HostTensor resized(List<Integer> shape) {
    HostTensor y = zeros(Type.of(dtype, shape));
    for (int i = 0; i < y.bits.length; i++) {
      int[] at = y.index(i);
      boolean inside = true;
      for (int a = 0; a < at.length; a++) {
        inside &= at[a] < dims[a];
      }
      if (inside) {
        y.bits[i] = bits[at(at)];
      }
    }
    return y;
  }

  public HostTensor copy() {
    return new HostTensor(dtype, dims, bits.clone());
  }

  public double[] toDoubles() {
    double[] r = new double[bits.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = get(i);
    }
    return r;
  }

  /// Same type and same bits.
  public boolean sameBits(HostTensor o) {
    return dtype == o.dtype && Arrays.equals(dims, o.dims) && Arrays.equals(bits, o.bits);
  }

  @Override
  public String toString() {
    StringBuilder s = new StringBuilder(type().toString()).append('{');
    for (int i = 0; i < Math.min(bits.length, 12); i++) {
      s.append(i == 0 ? "" : ", ").append(get(i));
    }
    return s.append(bits.length > 12 ? ", ...}" : "}").toString();
  }
}
