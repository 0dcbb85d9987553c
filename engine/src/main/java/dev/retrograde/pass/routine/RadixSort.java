package dev.retrograde.pass.routine;

/// Sorts keys and the positions that belong to them, stably: a byte at a time from the lowest, each
/// time into the places that counts of the bytes give (Knuth, The Art of Computer Programming 3,
/// 5.2.5, algorithm R, with tables for lists). Bytes that all keys share cost one look; few keys
/// are sorted by insertion.
final class RadixSort {
  private static final int FEW = 40;
  private static final int VALUES = 256;

  private final int bytes;
  private final int[] counts = new int[VALUES];
  private long[] keys;
  private int[] places;
  private long[] otherKeys;
  private int[] otherPlaces;

  /// @param bytes of a key that count
  /// @param n most keys
  RadixSort(int bytes, int n) {
    this.bytes = bytes;
    this.keys = new long[n];
    this.places = new int[n];
    this.otherKeys = new long[n];
    this.otherPlaces = new int[n];
  }

  /// Where keys are written before they are sorted.
  long[] keys() {
    return keys;
  }

  /// Where the sorted keys were, in their order.
  int[] places() {
    return places;
  }

  /// Memory of keys that is free between sorts.
  long[] spare() {
    return otherKeys;
  }

  /// Sorts the first `n` keys; the position of each is its place before.
  void sort(int n) {
    for (int i = 0; i < n; i++) {
      places[i] = i;
    }
    if (n <= FEW) {
      insert(n);
      return;
    }
    for (int b = 0; b < bytes; b++) {
      if (count(8 * b, n)) {
        move(8 * b, n);
      }
    }
  }

  private void insert(int n) {
    for (int i = 1; i < n; i++) {
      long key = keys[i];
      int place = places[i];
      int at = i;
      while (at > 0 && Long.compareUnsigned(keys[at - 1], key) > 0) {
        keys[at] = keys[at - 1];
        places[at] = places[at - 1];
        at--;
      }
      keys[at] = key;
      places[at] = place;
    }
  }

  /// Counts the values of a byte; false where there is but one.
  private boolean count(int shift, int n) {
    long[] from = keys;
    int[] table = counts;
    java.util.Arrays.fill(table, 0);
    for (int i = 0; i < n; i++) {
      table[(int) (from[i] >>> shift) & VALUES - 1]++;
    }
    return table[(int) (from[0] >>> shift) & VALUES - 1] < n;
  }

  private void move(int shift, int n) {
    int[] table = counts;
    int start = 0;
    for (int v = 0; v < VALUES; v++) {
      int here = table[v];
      table[v] = start;
      start += here;
    }
    long[] from = keys;
    int[] fromPlaces = places;
    long[] to = otherKeys;
    int[] toPlaces = otherPlaces;
    for (int i = 0; i < n; i++) {
      int at = table[(int) (from[i] >>> shift) & VALUES - 1]++;
      to[at] = from[i];
      toPlaces[at] = fromPlaces[i];
    }
    keys = to;
    places = toPlaces;
    otherKeys = from;
    otherPlaces = fromPlaces;
  }
}
