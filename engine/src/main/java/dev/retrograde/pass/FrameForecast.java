package dev.retrograde.pass;

import dev.retrograde.ir.Type;
import dev.retrograde.runtime.MemoryReport.Growth;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What the stack of frames takes in one run, from the steps alone: bytes a trip times trips, where
/// a bound of them is known, and otherwise what each trip or call adds.
///
/// Of a branch the larger block counts. A function that calls itself has no bound of calls: it is a
/// growth of its own, wherever it is called from.
final class FrameForecast {
  /// From here on a bound is none: nobody means so many bytes.
  private static final long MOST = 1L << 50;

  private final Blocks blocks;
  private final List<Growth> growths = new ArrayList<>();
  private final Set<String> entered = new HashSet<>();
  private final long bytes;
  private int first = -1;
  private int last = -1;

  FrameForecast(Planned p) {
    blocks = p.blocks();
    long sum = 0;
    for (int i = 0; i < p.steps().size(); i++) {
      long most = bytes(p.steps().get(i));
      sum = plus(sum, most);
      if (most > 0) {
        first = first < 0 ? i : first;
        last = p.steps().size() - 1;
      }
    }
    bytes = sum;
  }

  /// Of everything whose number is bounded.
  long bytes() {
    return bytes;
  }

  /// The step that leaves the first frame, and the last step of the program: a stack is emptied
  /// when the next run begins. -1 where there are no frames.
  int first() {
    return first;
  }

  int last() {
    return last;
  }

  /// What comes on top, in the order of the program.
  List<Growth> growths() {
    return growths;
  }

  private long bytes(List<Step> steps) {
    long sum = 0;
    for (Step s : steps) {
      sum = plus(sum, bytes(s));
    }
    return sum;
  }

  private long bytes(Step step) {
    return switch (step) {
      case Step.Launch _, Step.Work _, Step.Host _, Step.Move _ -> 0;
      case Step.Frame f -> f.pack() ? frame(f) : 0;
      case Step.If i -> Math.max(bytes(i.yes().planned().steps()), bytes(i.no().planned().steps()));
      case Step.Loop l -> loop(l);
      case Step.Call c -> call(c);
    };
  }

  private static long frame(Step.Frame f) {
    long sum = f.parts().stream().mapToLong(v -> Type.of(v.buf().dtype, v.dims()).bytes()).sum();
    return (sum + 7) / 8 * 8;
  }

  private long loop(Step.Loop l) {
    Unit condition = l.condition();
    long test = condition == null ? 0 : bytes(condition.planned().steps());
    long trip = plus(bytes(l.body().planned().steps()), test);
    if (trip == 0) {
      return 0;
    }
    long trips = l.tripsKnown() ? l.knownTrips() : l.bounded() ? l.most() : -1;
    if (trips < 0 || trips > MOST / trip) {
      growths.add(new Growth(l.name(), Growth.Per.TRIP, trip, 0));
      return 0;
    }
    return plus(trip * trips, test);
  }

  private long call(Step.Call c) {
    Blocks.Function f = blocks.functions().get(c.function());
    if (f == null) {
      throw new AssertionError("function '" + c.function() + "' is not compiled");
    }
    if (!f.calls().contains(c.function())) {
      return bytes(f.planned().steps());
    }
    if (entered.add(c.function())) {
      int at = growths.size();
      long each = bytes(f.planned().steps());
      long aside = f.area().bytes();
      growths.add(at, new Growth(c.function(), Growth.Per.CALL, each, aside));
    }
    return 0;
  }

  private static long plus(long a, long b) {
    return Math.min(MOST, a + b);
  }
}
