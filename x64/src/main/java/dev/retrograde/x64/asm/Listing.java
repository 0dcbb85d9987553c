package dev.retrograde.x64.asm;

import java.util.ArrayList;
import java.util.List;

/// The text of an assembler's instructions, kept while they are written.
final class Listing {
  private final List<ListingLine> lines = new ArrayList<>();

  void add(int offset, String text) {
    lines.add(new ListingLine(offset, text));
  }

  List<ListingLine> lines() {
    return List.copyOf(lines);
  }
}
