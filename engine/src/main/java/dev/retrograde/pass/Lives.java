package dev.retrograde.pass;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// From which step to which one each buffer of some steps is used, both included.
final class Lives {
  private Lives() {}

  /// @param first step that uses a buffer
  /// @param last likewise
  record Life(int first, int last) {}

  static Map<Buf, Life> of(List<Step> steps) {
    Map<Buf, Life> lives = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (Buf b : steps.get(i).buffers()) {
        Life now = new Life(i, i);
        lives.merge(b, now, (old, fresh) -> new Life(old.first, fresh.last));
      }
    }
    return lives;
  }
}
