package dev.retrograde.lab.backward;

/// What a choice touches. Parts of a run on different axes combine; on one axis the later part
/// wins.
public enum Axis {
  /// What becomes of forward values that backward reads.
  SAVING,
  /// Which cotangents enter a layer's contractions.
  ERROR
}
