package dev.retrograde.pass.routine;

/// The first `k` of many keys in order, and their positions: a heap whose root is the last of those
/// kept, which every better key replaces (Knuth, The Art of Computer Programming 3, 5.2.3). Of
/// equal keys the earlier positions stay.
final class Selection {
  private final int k;
  private final long[] all;
  private final long[] keys;
  private final int[] places;
  private int size;

  /// @param k how many are wanted, not 0
  /// @param n most keys
  Selection(int k, int n) {
    this.k = k;
    this.all = new long[n];
    this.keys = new long[k];
    this.places = new int[k];
  }

  /// Where keys are written before some are selected; free between selections.
  long[] keys() {
    return all;
  }

  /// Where the selected keys were, in their order.
  int[] places() {
    return places;
  }

  /// Selects among the first `n` keys, of which there are at least `k`.
  void select(int n) {
    for (size = 0; size < k; size++) {
      rise(all[size], size);
    }
    long last = keys[0] ^ Long.MIN_VALUE;
    for (int i = k; i < n; i++) {
      if ((all[i] ^ Long.MIN_VALUE) < last) {
        sink(all[i], i);
        last = keys[0] ^ Long.MIN_VALUE;
      }
    }
    order();
  }

  private void rise(long key, int place) {
    int at = size;
    while (at > 0 && before((at - 1) / 2, key, place)) {
      move((at - 1) / 2, at);
      at = (at - 1) / 2;
    }
    set(at, key, place);
  }

  /// Puts what was kept in order, the first key first.
  private void order() {
    while (size > 1) {
      size--;
      long key = keys[size];
      int place = places[size];
      move(0, size);
      sink(key, place);
    }
  }

  /// Whether element i comes before a key.
  private boolean before(int i, long key, int place) {
    int c = Long.compareUnsigned(keys[i], key);
    return c < 0 || (c == 0 && places[i] < place);
  }

  /// Puts a key at the root and lets later ones rise above it.
  private void sink(long key, int place) {
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && before(child, keys[child + 1], places[child + 1])) {
        child++;
      }
      if (before(child, key, place)) {
        break;
      }
      move(child, at);
      at = child;
    }
    set(at, key, place);
  }

  private void move(int from, int to) {
    set(to, keys[from], places[from]);
  }

  private void set(int at, long key, int place) {
    keys[at] = key;
    places[at] = place;
  }
}
