package dev.retrograde.lab.suite;

import java.util.List;

/// What a fresh process is asked to do from its start on.
///
/// @param model of the zoo
/// @param batch samples a step
/// @param steps that it trains
record StartCase(String model, int batch, int steps) {
  /// As words for [StartProbe#main].
  List<String> words() {
    return List.of(model, String.valueOf(batch), String.valueOf(steps));
  }

  /// From three words at this place.
  static StartCase of(String[] words, int at) {
    return new StartCase(
        words[at], Integer.parseInt(words[at + 1]), Integer.parseInt(words[at + 2]));
  }
}
