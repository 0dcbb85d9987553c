package dev.retrograde.runtime;

/// The memory outside the heap that an executable and its state reserve, byte for byte: alignment
/// and slack included. Code and the pages round it are not counted, nor what the system rounds up
/// to whole pages.
///
/// @param state what a store of this state reserves
/// @param own inputs, outputs and constants, which each executable has for itself
/// @param arena what a run computes in; executables over one store share it, so that together they
///   take the largest
/// @param frames stacks of frames and open calls, which each executable has for itself: enough for
///   all trips of which a bound is known, and more once a run needed it
public record Reservation(long state, long own, long arena, long frames) {
  /// Without frames.
  public Reservation(long state, long own, long arena) {
    this(state, own, arena, 0);
  }

  /// What two executables over one store reserve together, where the state of one contains that of
  /// the other.
  public Reservation with(Reservation other) {
    return new Reservation(
        Math.max(state, other.state),
        own + other.own,
        Math.max(arena, other.arena),
        frames + other.frames);
  }

  /// All together.
  public long bytes() {
    return state + own + arena + frames;
  }
}
