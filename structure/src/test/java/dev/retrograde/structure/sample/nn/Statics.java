package dev.retrograde.structure.sample.nn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Constants that may be, and four fields that can change.
public final class Statics {
  static final int CONSTANT = 1;
  static final List<String> NAMES = List.of("a");
  private static final float[] TABLE = {1, 2};

  static int counter = CONSTANT;
  static final AtomicLong CALLS = new AtomicLong();
  static final HashMap<String, Integer> CACHE = new HashMap<>(Map.of("a", 1));
  static final float[] SHARED = TABLE.clone();

  private Statics() {}
}
