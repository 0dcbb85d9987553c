package dev.retrograde.pass;

import java.util.Map;

/// A block compiled on its own: its steps compute in an area that the surrounding program sets
/// aside, and read and write the buffers of that program that its state, inputs and outputs are
/// bound to.
///
/// @param bound where the memory of each state, input and output buffer of the block is
record Unit(Planned planned, Map<Buf, View> bound) {
  Unit {
    bound = Map.copyOf(bound);
  }

  /// Bytes that its steps compute in.
  long bytes() {
    return planned.plan().bytes();
  }
}
