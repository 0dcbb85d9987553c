package dev.retrograde.x64.asm;

import java.util.Locale;

/// A condition on the flags, as `jcc`, `cmovcc` and `setcc` take it.
///
/// `B`, `AE`, `BE`, `A` compare unsigned numbers (and the results of `VUCOMISS`), `L`, `GE`, `LE`,
/// `G` signed ones.
public enum Cond {
  /// Overflow.
  O,
  /// No overflow.
  NO,
  /// Below, unsigned; the carry flag is set.
  B,
  /// Above or equal, unsigned; the carry flag is clear.
  AE,
  /// Equal, or zero.
  E,
  /// Not equal, or not zero.
  NE,
  /// Below or equal, unsigned.
  BE,
  /// Above, unsigned.
  A,
  /// Negative.
  S,
  /// Not negative.
  NS,
  /// Parity even; after a floating-point comparison: unordered.
  P,
  /// Parity odd; after a floating-point comparison: ordered.
  NP,
  /// Less, signed.
  L,
  /// Greater or equal, signed.
  GE,
  /// Less or equal, signed.
  LE,
  /// Greater, signed.
  G;

  private static final Cond[] ALL = values();

  private final String suffix = name().toLowerCase(Locale.ROOT);

  /// The condition that holds exactly when this one does not.
  public Cond negated() {
    return ALL[ordinal() ^ 1];
  }

  /// The condition's number in an opcode, 0 to 15.
  int code() {
    return ordinal();
  }

  /// The suffix of a mnemonic.
  String suffix() {
    return suffix;
  }
}
