package dev.retrograde.callback;

/// The states that a path of CTC passes: the labels, with a blank before, between and after them.
///
/// @param states the class of each state
record Lattice(int[] states) {

  static Lattice of(int[] labels, int time, int classes) {
    int[] states = new int[2 * labels.length + 1];
    int least = labels.length;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 1 || labels[i] >= classes) {
        throw Place.fail(
            "label " + labels[i] + " is not one of 1 to " + (classes - 1) + "; 0 is the blank");
      }
      states[2 * i + 1] = labels[i];
      if (i > 0 && labels[i] == labels[i - 1]) {
        least++;
      }
    }
    if (time < Math.max(1, least)) {
      throw Place.fail(
          labels.length
              + " labels do not fit into "
              + time
              + " steps, expected at least "
              + Math.max(1, least)
              + "; equal neighbours need a blank between them");
    }
    return new Lattice(states);
  }

  /// Zeros where a path may begin, `never` elsewhere.
  Array starts(double never) {
    return Array.fill(new int[] {states.length}, i -> i < 2 ? 0 : never);
  }

  /// `[3, states]`: zeros where a state is reached from itself, from the one before, and from the
  /// second before (a label from a different label), `never` elsewhere.
  Array skips(double never) {
    int s = states.length;
    return Array.fill(
        new int[] {3, s},
        i -> {
          int state = i % s;
          int back = i / s;
          boolean open =
              back == 0
                  || back == 1 && state >= 1
                  || back == 2
                      && state >= 2
                      && states[state] != 0
                      && states[state] != states[state - 2];
          return open ? 0 : never;
        });
  }
}
