package dev.retrograde.choice.coding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Which outputs of a convolution meet which block of pixels, along one axis.
///
/// Through tap t, output i meets pixel `stride * i + t * dilation - pad`. Blocks have a multiple of
/// the stride pixels, so the outputs that meet block b through t are `box` neighbours from
/// `offset(t) + box * b` on. Taps whose offsets differ by a multiple of `box` see the same sums,
/// some blocks further: they share a phase, whose windows the product then walks like an image.
/// Where the last block is cut short by the image's edge, a tap that would reach past it has a
/// phase of its own.
///
/// @param box outputs that meet a block through one tap
/// @param windows sums that every phase makes, the most that one needs
/// @param phases distinct sequences of windows
/// @param taps where each tap of the kernel finds its sums
record BoxAxis(int box, int windows, List<Phase> phases, List<Place> taps) {
  /// Sums over `box` outputs from `start`, `start + box`, ... on; outputs outside `0 .. end - 1` do
  /// not count.
  ///
  /// @param windows sums that are read
  /// @param taps distances, in windows, at which they are read: `0, gap, 2 gap ...`
  record Phase(int start, int end, int windows, int taps, int gap) {
    int first() {
      return Math.max(0, start);
    }

    /// One past the last output that `count` windows reach.
    int last(int box, int count) {
      return Math.max(first(), Math.min(end, start + box * count));
    }
  }

  /// A tap of the kernel is tap `index` of phase `phase`.
  record Place(int phase, int index) {}

  /// What tells phases apart.
  private record Key(int remainder, int end) {}

  BoxAxis {
    phases = List.copyOf(phases);
    taps = List.copyOf(taps);
  }

  /// @param image pixels along the axis
  /// @param out outputs along the axis
  /// @param size pixels of a block, a multiple of the stride
  static BoxAxis of(int image, int out, int size, int kernel, int stride, int dilation, int pad) {
    int box = size / stride;
    int blocks = Math.ceilDiv(image, size);
    int[] offset = new int[kernel];
    Map<Key, List<Integer>> shared = new LinkedHashMap<>();
    for (int t = 0; t < kernel; t++) {
      offset[t] = Math.ceilDiv(pad - t * dilation, stride);
      int beyond = Math.ceilDiv(image + pad - t * dilation, stride);
      int end = beyond < offset[t] + box * blocks ? Math.min(out, beyond) : out;
      Key key = new Key(Math.floorMod(offset[t], box), end);
      shared.computeIfAbsent(key, k -> new ArrayList<>()).add(t);
    }
    List<Phase> phases = new ArrayList<>();
    Place[] places = new Place[kernel];
    int windows = 0;
    for (Map.Entry<Key, List<Integer>> one : shared.entrySet()) {
      TreeSet<Integer> starts = new TreeSet<>();
      one.getValue().forEach(t -> starts.add(offset[t]));
      int reach = (starts.last() - starts.first()) / box;
      int gap = gap(List.copyOf(starts), box);
      int most = blocks + reach;
      windows = Math.max(windows, most);
      for (int t : one.getValue()) {
        places[t] = new Place(phases.size(), (offset[t] - starts.first()) / box / gap);
      }
      phases.add(new Phase(starts.first(), one.getKey().end(), most, reach / gap + 1, gap));
    }
    return new BoxAxis(box, windows, phases, List.of(places));
  }

  /// The distance of neighbours where all are equally far apart, else 1.
  private static int gap(List<Integer> starts, int box) {
    if (starts.size() < 2) {
      return 1;
    }
    int gap = starts.get(1) - starts.get(0);
    for (int i = 2; i < starts.size(); i++) {
      if (starts.get(i) - starts.get(i - 1) != gap) {
        return 1;
      }
    }
    return gap / box;
  }
}
