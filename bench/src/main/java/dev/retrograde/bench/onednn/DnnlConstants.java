package dev.retrograde.bench.onednn;

/// The enumeration values of oneDNN 3.11 that the bench uses, printed by a C program compiled
/// against that version's headers. Other versions number them differently.
final class DnnlConstants {
  static final int SUCCESS = 0;
  static final int CPU = 1;
  static final int STREAM_DEFAULT = 1;
  static final int F32 = 3;

  /// The library chooses the layout.
  static final int FORMAT_ANY = 1;

  /// Rows of a matrix one after the other.
  static final int FORMAT_AB = 3;

  /// `[n, h, w, c]` for the logical axes `n, c, h, w`, and `[out, h, w, in]` for filters.
  static final int FORMAT_ACDB = 22;

  static final int FORWARD_TRAINING = 64;
  static final int CONVOLUTION_DIRECT = 1;

  static final int ARGUMENT_SOURCE = 1;
  static final int ARGUMENT_TARGET = 17;
  static final int ARGUMENT_WEIGHTS = 33;
  static final int ARGUMENT_SOURCE_GRADIENT = 129;
  static final int ARGUMENT_TARGET_GRADIENT = 145;
  static final int ARGUMENT_WEIGHTS_GRADIENT = 161;

  static final int QUERY_IMPLEMENTATION = 8;
  static final int QUERY_SOURCE = 129;
  static final int QUERY_SOURCE_GRADIENT = 130;
  static final int QUERY_WEIGHTS = 131;
  static final int QUERY_WEIGHTS_GRADIENT = 132;
  static final int QUERY_TARGET = 133;
  static final int QUERY_TARGET_GRADIENT = 134;

  private DnnlConstants() {}
}
