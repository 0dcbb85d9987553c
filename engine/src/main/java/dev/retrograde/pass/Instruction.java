package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.pass.routine.Routine;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.KernelCompiler.BoundKernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// One thing that a linked program does. Memory is where it is for as long as the program lives, so
/// instructions know addresses; only frames and what callers put aside move.
interface Instruction {
  /// Does it; returns the number of the instruction that is next.
  int run(Runner r, int pc);

  /// A kernel.
  record Launch(BoundKernel kernel, long extent, boolean split) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      r.launch(kernel, extent, split);
      return pc + 1;
    }
  }

  /// Several kernels that no other instruction comes between. It stands in the place of the first
  /// of them, the others behind it, so that numbers of instructions are the same with it and
  /// without.
  record Sequence(Runnable kernels, int count) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      kernels.run();
      return pc + count;
    }
  }

  /// A kernel whose outermost loop runs over `capacity` rows, as far as a count of them asks for.
  record LaunchRows(
      BoundKernel kernel, long extent, boolean split, MemorySegment count, int capacity)
      implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      long n = Math.clamp(count.get(ValueLayout.JAVA_INT_UNALIGNED, 0), 0, capacity);
      long part = (n * extent + capacity - 1) / capacity;
      if (part > 0) {
        r.launch(kernel, part, split);
      }
      return pc + 1;
    }
  }

  /// A routine.
  record Work(Routine routine) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      routine.run();
      return pc + 1;
    }
  }

  /// A node evaluated on the heap.
  record Host(Node node, List<Place> in, List<Place> out) implements Instruction {
    /// Where a dense tensor is.
    record Place(MemorySegment memory, Type type) {}

    @Override
    public int run(Runner r, int pc) {
      List<HostTensor> read = new ArrayList<>();
      in.forEach(p -> read.add(Segments.read(p.memory, p.type)));
      List<HostTensor> made = node.op().eval(read, out.stream().map(Place::type).toList());
      for (int i = 0; i < made.size(); i++) {
        Segments.write(out.get(i).memory, made.get(i));
      }
      return pc + 1;
    }
  }

  /// Goes on elsewhere. Code is linked once, so targets are filled in after it was made.
  final class Jump implements Instruction {
    int to = -1;

    @Override
    public int run(Runner r, int pc) {
      return to;
    }
  }

  /// Goes on elsewhere where a bool is false.
  final class Unless implements Instruction {
    private final MemorySegment condition;
    int to = -1;

    Unless(MemorySegment condition) {
      this.condition = condition;
    }

    @Override
    public int run(Runner r, int pc) {
      return condition.get(ValueLayout.JAVA_BYTE, 0) != 0 ? pc + 1 : to;
    }
  }

  /// What a loop needs: its counter, how often it may run, and its name for messages.
  record Count(MemorySegment counter, int most, String name) {
    int get() {
      return counter.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    }

    void set(int n) {
      counter.set(ValueLayout.JAVA_INT_UNALIGNED, 0, n);
    }

    IllegalStateException exceeded() {
      return new IllegalStateException(
          name + " runs more often than its bound of " + most + "; nothing was changed");
    }
  }

  /// Begins a counted loop: the first trip's number, or the end.
  final class Begin implements Instruction {
    private final Count count;
    private final MemorySegment trips;
    private final boolean reverse;
    int end = -1;

    Begin(Count count, MemorySegment trips, boolean reverse) {
      this.count = count;
      this.trips = trips;
      this.reverse = reverse;
    }

    @Override
    public int run(Runner r, int pc) {
      int n = trips.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
      if (n > count.most) {
        throw count.exceeded();
      }
      count.set(reverse ? n - 1 : 0);
      return n > 0 ? pc + 1 : end;
    }
  }

  /// Ends a trip of a counted loop.
  record Next(Count count, MemorySegment trips, boolean reverse, int body) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      int i = count.get() + (reverse ? -1 : 1);
      count.set(i);
      boolean more = reverse ? i >= 0 : i < trips.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
      return more ? body : pc + 1;
    }
  }

  /// Sets the number of trips to none.
  record Reset(Count count) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      count.set(0);
      return pc + 1;
    }
  }

  /// Counts a trip of a conditional loop.
  record Trip(Count count) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      int i = count.get();
      if (i >= count.most) {
        throw count.exceeded();
      }
      count.set(i + 1);
      return pc + 1;
    }
  }

  /// Copies one row of a tensor, that of the trip at hand, out of it or into it.
  record Row(Count count, MemorySegment all, MemorySegment row, boolean read)
      implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      long bytes = row.byteSize();
      if (read) {
        MemorySegment.copy(all, count.get() * bytes, row, 0, bytes);
      } else {
        MemorySegment.copy(row, 0, all, count.get() * bytes, bytes);
      }
      return pc + 1;
    }
  }

  /// Makes a frame.
  record Pack(MemorySegment handle, MemorySegment[] parts, long bytes) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      long at = r.frame(bytes);
      handle.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, at);
      MemorySegment frames = r.frames();
      for (MemorySegment p : parts) {
        MemorySegment.copy(p, 0, frames, at, p.byteSize());
        at += p.byteSize();
      }
      return pc + 1;
    }
  }

  /// Takes a frame apart.
  record Unpack(MemorySegment handle, MemorySegment[] parts) implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      long at = handle.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
      MemorySegment frames = r.frames();
      for (MemorySegment p : parts) {
        MemorySegment.copy(frames, at, p, 0, p.byteSize());
        at += p.byteSize();
      }
      return pc + 1;
    }
  }

  /// From one place to another, without overlap.
  record Move(MemorySegment from, MemorySegment to) {
    long bytes() {
      return to.byteSize();
    }

    void run() {
      MemorySegment.copy(from, 0, to, 0, to.byteSize());
    }
  }

  /// A call. Where the caller may be called again before this returns, what it still needs is put
  /// aside, and arguments and results go by way of the same stack, since both sides may use one
  /// memory.
  final class Call implements Instruction {
    private final int site;

    /// The function and the user's line, for messages.
    private final String where;

    private final Move[] args;
    private final Move[] results;
    private final MemorySegment[] keep;
    private final boolean again;
    private final long kept;
    private final long most;
    int entry = -1;
    int next = -1;

    Call(
        int site,
        String where,
        List<Move> args,
        List<Move> results,
        List<MemorySegment> keep,
        boolean again) {
      this.site = site;
      this.where = where;
      this.args = args.toArray(Move[]::new);
      this.results = results.toArray(Move[]::new);
      this.keep = keep.toArray(MemorySegment[]::new);
      this.again = again;
      this.kept = (keep.stream().mapToLong(MemorySegment::byteSize).sum() + 7) / 8 * 8;
      this.most =
          Math.max(
              args.stream().mapToLong(Move::bytes).sum(),
              results.stream().mapToLong(Move::bytes).sum());
    }

    @Override
    public int run(Runner r, int pc) {
      r.push(site);
      next = pc + 1;
      if (!again) {
        for (Move m : args) {
          m.run();
        }
        return entry;
      }
      long at = r.putAside(kept);
      long staged = r.putAside(most);
      MemorySegment aside = r.aside();
      for (MemorySegment k : keep) {
        MemorySegment.copy(k, 0, aside, at, k.byteSize());
        at += k.byteSize();
      }
      stage(aside, staged, args);
      r.takeBack((most + 7) / 8 * 8);
      return entry;
    }

    String where() {
      return where;
    }

    /// Ends the call.
    int finish(Runner r) {
      if (!again) {
        for (Move m : results) {
          m.run();
        }
        return next;
      }
      long staged = r.putAside(most);
      MemorySegment aside = r.aside();
      long at = staged;
      for (Move m : results) {
        MemorySegment.copy(m.from, 0, aside, at, m.bytes());
        at += m.bytes();
      }
      at = staged - kept;
      for (MemorySegment k : keep) {
        MemorySegment.copy(aside, at, k, 0, k.byteSize());
        at += k.byteSize();
      }
      at = staged;
      for (Move m : results) {
        MemorySegment.copy(aside, at, m.to, 0, m.bytes());
        at += m.bytes();
      }
      r.takeBack((most + 7) / 8 * 8 + kept);
      return next;
    }

    private static void stage(MemorySegment aside, long staged, Move[] moves) {
      long at = staged;
      for (Move m : moves) {
        MemorySegment.copy(m.from, 0, aside, at, m.bytes());
        at += m.bytes();
      }
      at = staged;
      for (Move m : moves) {
        MemorySegment.copy(aside, at, m.to, 0, m.bytes());
        at += m.bytes();
      }
    }
  }

  /// Returns from a function.
  record Return() implements Instruction {
    @Override
    public int run(Runner r, int pc) {
      return r.pop().finish(r);
    }
  }
}
