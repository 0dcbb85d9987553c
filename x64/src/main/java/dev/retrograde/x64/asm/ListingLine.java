package dev.retrograde.x64.asm;

/// One line of a listing: an instruction, a label (`name:`) or a comment (`; text`).
///
/// @param offset bytes from the start of the code
/// @param text the line in the syntax of Intel's manual
public record ListingLine(int offset, String text) {
  @Override
  public String toString() {
    boolean instruction = !text.endsWith(":") && !text.startsWith(";");
    return "%6x: %s%s".formatted(offset, instruction ? "  " : "", text);
  }
}
