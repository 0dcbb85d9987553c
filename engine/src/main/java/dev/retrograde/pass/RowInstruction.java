package dev.retrograde.pass;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarEval;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Moves of data whose places are known only when the program runs: rows by number, and stretches
/// from a start. Places outside are clamped. What they move is contiguous, so they are copies, not
/// kernels; only sums of rows compute.
final class RowInstruction {
  private RowInstruction() {}

  private static int number(MemorySegment indices, long i, long rows) {
    int at = indices.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
    return (int) Math.max(0, Math.min(rows - 1, at));
  }

  /// How many of the rows that indices are there for are moved.
  ///
  /// @param count as many, or null for all of them
  private static long moved(MemorySegment indices, @Nullable MemorySegment count) {
    long all = indices.byteSize() / 4;
    return count == null ? all : Math.clamp(count.get(ValueLayout.JAVA_INT_UNALIGNED, 0), 0, all);
  }

  /// Rows of a table replaced by others. Table and result may be one memory.
  ///
  /// @param count how many rows, or null for all
  record Replace(
      MemorySegment table,
      MemorySegment rows,
      MemorySegment at,
      @Nullable MemorySegment count,
      MemorySegment out,
      long row)
      implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      if (table.address() != out.address()) {
        MemorySegment.copy(table, 0, out, 0, out.byteSize());
      }
      long moved = moved(at, count);
      long all = row == 0 ? 0 : out.byteSize() / row;
      for (long i = 0; i < moved && all > 0; i++) {
        MemorySegment.copy(rows, i * row, out, number(at, i, all) * row, row);
      }
      return pc + 1;
    }
  }

  /// Zeros to which rows are added, in order.
  ///
  /// @param count how many rows, or null for all
  record Add(
      MemorySegment rows,
      MemorySegment at,
      @Nullable MemorySegment count,
      MemorySegment out,
      DType dtype,
      long elements)
      implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      out.fill((byte) 0);
      long moved = moved(at, count);
      long all = elements == 0 ? 0 : out.byteSize() / (elements * dtype.bytes());
      for (long i = 0; i < moved && all > 0; i++) {
        add(i * elements, number(at, i, all) * elements);
      }
      return pc + 1;
    }

    private void add(long from, long to) {
      switch (dtype) {
        case F32 -> {
          for (long k = 0; k < elements; k++) {
            float a = out.getAtIndex(ValueLayout.JAVA_FLOAT, to + k);
            float b = rows.getAtIndex(ValueLayout.JAVA_FLOAT, from + k);
            out.setAtIndex(ValueLayout.JAVA_FLOAT, to + k, a + b);
          }
        }
        case F64 -> {
          for (long k = 0; k < elements; k++) {
            double a = out.getAtIndex(ValueLayout.JAVA_DOUBLE, to + k);
            double b = rows.getAtIndex(ValueLayout.JAVA_DOUBLE, from + k);
            out.setAtIndex(ValueLayout.JAVA_DOUBLE, to + k, a + b);
          }
        }
        case I32 -> {
          for (long k = 0; k < elements; k++) {
            int a = out.getAtIndex(ValueLayout.JAVA_INT, to + k);
            int b = rows.getAtIndex(ValueLayout.JAVA_INT, from + k);
            out.setAtIndex(ValueLayout.JAVA_INT, to + k, a + b);
          }
        }
        case I64 -> {
          for (long k = 0; k < elements; k++) {
            long a = out.getAtIndex(ValueLayout.JAVA_LONG, to + k);
            long b = rows.getAtIndex(ValueLayout.JAVA_LONG, from + k);
            out.setAtIndex(ValueLayout.JAVA_LONG, to + k, a + b);
          }
        }
        case BF16 -> {
          for (long k = 0; k < elements; k++) {
            float a = Float.intBitsToFloat(out.getAtIndex(ValueLayout.JAVA_SHORT, to + k) << 16);
            float b = Float.intBitsToFloat(rows.getAtIndex(ValueLayout.JAVA_SHORT, from + k) << 16);
            out.setAtIndex(ValueLayout.JAVA_SHORT, to + k, (short) ScalarEval.bf16Bits(a + b));
          }
        }
        case I16 -> {
          for (long k = 0; k < elements; k++) {
            short a = out.getAtIndex(ValueLayout.JAVA_SHORT, to + k);
            short b = rows.getAtIndex(ValueLayout.JAVA_SHORT, from + k);
            out.setAtIndex(ValueLayout.JAVA_SHORT, to + k, (short) (a + b));
          }
        }
        case I8, U8 -> {
          for (long k = 0; k < elements; k++) {
            byte a = out.get(ValueLayout.JAVA_BYTE, to + k);
            byte b = rows.get(ValueLayout.JAVA_BYTE, from + k);
            out.set(ValueLayout.JAVA_BYTE, to + k, (byte) (a + b));
          }
        }
        case BOOL -> {
          for (long k = 0; k < elements; k++) {
            byte a = out.get(ValueLayout.JAVA_BYTE, to + k);
            out.set(
                ValueLayout.JAVA_BYTE,
                to + k,
                (byte) (a | rows.get(ValueLayout.JAVA_BYTE, from + k)));
          }
        }
        case FRAME -> throw new AssertionError("no sums of " + dtype);
      }
    }
  }

  /// A part of a dense tensor, cut out of it or written into zeros.
  static final class Part implements Instruction {
    private final MemorySegment whole;
    private final MemorySegment starts;
    private final MemorySegment part;
    private final boolean cut;
    private final int[] dims;
    private final int[] sizes;
    private final int[] steps;
    private final int bytes;
    private final int[] at;
    private final int[] from;

    /// @param cut whether the part is cut out, rather than written
    /// @param dims of the whole
    /// @param sizes of the part
    /// @param steps between elements of the part, by axis
    Part(
        MemorySegment whole,
        MemorySegment starts,
        MemorySegment part,
        boolean cut,
        List<Integer> dims,
        List<Integer> sizes,
        List<Integer> steps,
        int bytes) {
      this.whole = whole;
      this.starts = starts;
      this.part = part;
      this.cut = cut;
      this.dims = dims.stream().mapToInt(i -> i).toArray();
      this.sizes = sizes.stream().mapToInt(i -> i).toArray();
      this.steps = steps.stream().mapToInt(i -> i).toArray();
      this.bytes = bytes;
      this.at = new int[dims.size()];
      this.from = new int[dims.size()];
    }

    @Override
    public int run(Runner r, int pc) {
      if (!cut) {
        whole.fill((byte) 0);
      }
      int rank = dims.length;
      for (int a = 0; a < rank; a++) {
        if (sizes[a] == 0) {
          return pc + 1;
        }
        int most = dims[a] - (sizes[a] - 1) * steps[a] - 1;
        int start = starts.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * a);
        from[a] = Math.max(0, Math.min(most, start));
        at[a] = 0;
      }
      // Elements of the last axes that lie together in both.
      int axis = rank;
      long run = bytes;
      while (axis > 0 && steps[axis - 1] == 1) {
        axis--;
        run *= sizes[axis];
        if (sizes[axis] != dims[axis]) {
          break;
        }
      }
      long done = 0;
      do {
        long place = 0;
        for (int a = 0; a < rank; a++) {
          place = place * dims[a] + from[a] + (long) at[a] * steps[a];
        }
        if (cut) {
          MemorySegment.copy(whole, place * bytes, part, done, run);
        } else {
          MemorySegment.copy(part, done, whole, place * bytes, run);
        }
        done += run;
      } while (next(axis));
      return pc + 1;
    }

    /// Moves on to the next run of elements; the axes from `end` on are within a run.
    private boolean next(int end) {
      for (int a = end - 1; a >= 0; a--) {
        if (++at[a] < sizes[a]) {
          return true;
        }
        at[a] = 0;
      }
      return false;
    }
  }
}
