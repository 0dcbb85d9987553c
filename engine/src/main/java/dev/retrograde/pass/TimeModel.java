package dev.retrograde.pass;

import java.util.List;

/// How long a run may take, from counts alone: a launch takes what its statements take or what its
/// memory takes, whichever is longer, after the roofline of Williams, Waterman and Patterson (CACM
/// 2009). Statements stand in for arithmetic there: they are what a register does at once, and
/// count loads and stores too.
///
/// The rates are round numbers near those of one core of a server of 2024. They are constants on
/// purpose: a plan must not depend on how busy the machine was.
final class TimeModel {
  /// Statements a second: three a cycle, with loads, products and stores overlapped.
  private static final double STATEMENTS = 12e9;

  /// Bytes a second of buffers read or written once, most of them from the last cache.
  private static final double BYTES = 35e9;

  /// Elements a second of a node that is evaluated on the heap.
  private static final double HOST_ELEMENTS = 30e6;

  /// Elements a second of a routine.
  private static final double ROUTINE_ELEMENTS = 100e6;

  /// Call, loop entry and the first misses.
  private static final double LAUNCH = 0.5e-6;

  private TimeModel() {}

  static double seconds(List<Step> steps) {
    return steps.stream().mapToDouble(TimeModel::seconds).sum();
  }

  static double seconds(Step s) {
    return switch (s) {
      case Step.Launch l -> LAUNCH + Math.max(l.work() / STATEMENTS, bytes(l.buffers()) / BYTES);
      case Step.Host h ->
          LAUNCH + h.buffers().stream().mapToLong(b -> b.elements).sum() / HOST_ELEMENTS;
      case Step.Work k ->
          LAUNCH + k.buffers().stream().mapToLong(b -> b.elements).sum() / ROUTINE_ELEMENTS;
      case Step.Frame f -> bytes(f.buffers()) / BYTES;
      case Step.Move m -> LAUNCH + bytes(m.buffers()) / BYTES;
      case Step.If i -> Math.max(seconds(i.yes()), seconds(i.no()));
      case Step.Loop l -> l.knownTrips() * seconds(l.body());
      case Step.Call c -> LAUNCH;
    };
  }

  private static double seconds(Unit u) {
    return seconds(u.planned().steps());
  }

  private static double bytes(List<Buf> buffers) {
    return buffers.stream().distinct().mapToLong(Buf::bytes).sum();
  }
}
