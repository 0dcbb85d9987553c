package dev.retrograde.bench.control;

/// How the gates of a cell are computed.
public enum GateForm {
  /// A product for each gate.
  APART,
  /// One product for all gates of a child or of an input.
  MERGED;

  /// As rows show it.
  String words() {
    return switch (this) {
      case APART -> "gates apart";
      case MERGED -> "gates merged";
    };
  }
}
