package dev.retrograde.x64.asm;

import java.util.Locale;

/// A general-purpose register, named by its 64-bit form.
///
/// An instruction that works on 32 bits or on one byte uses the same constant: its name says the
/// size. Under the System V convention RBX, RBP, RSP and R12 to R15 belong to the caller and have
/// to be restored before returning.
public enum Gpr {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

  private static final String[] BYTE_NAMES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};

  /// The number of this register in an encoding, 0 to 15.
  int code() {
    return ordinal();
  }

  /// The name that a listing shows for an operand of the given size in bytes (1, 4 or 8).
  String name(int bytes) {
    String full = name().toLowerCase(Locale.ROOT);
    return switch (bytes) {
      case 1 -> ordinal() < 8 ? BYTE_NAMES[ordinal()] : full + "b";
      case 2 -> ordinal() < 8 ? full.substring(1) : full + "w";
      case 4 -> ordinal() < 8 ? "e" + full.substring(1) : full + "d";
      default -> full;
    };
  }
}
