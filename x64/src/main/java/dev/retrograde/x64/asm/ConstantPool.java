package dev.retrograde.x64.asm;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/// The constants that code refers to, each once, written behind the code.
final class ConstantPool {
  static final int MAX_ALIGNMENT = 64;
  private static final int FILLER = 0xCC;

  private static final class Entry {
    final Label label;
    int alignment;

    Entry(Label label) {
      this.label = label;
    }
  }

  private final Map<ByteBuffer, Entry> entries = new LinkedHashMap<>();

  /// The label of the given bytes; equal bytes share one, at the strictest alignment asked for.
  Label label(CodeBuffer owner, byte[] bytes, int alignment) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("a constant needs at least one byte, found none");
    }
    if (Integer.bitCount(alignment) != 1 || alignment > MAX_ALIGNMENT || alignment < 1) {
      throw new IllegalArgumentException(
          "constant: alignment " + alignment + " is not a power of two from 1 to " + MAX_ALIGNMENT);
    }
    Entry entry = entries.get(ByteBuffer.wrap(bytes));
    if (entry == null) {
      entry = new Entry(new Label(owner, "C" + entries.size()));
      entries.put(ByteBuffer.wrap(bytes.clone()), entry);
    }
    entry.alignment = Math.max(entry.alignment, alignment);
    return entry.label;
  }

  void write(CodeBuffer out) {
    entries.forEach((bytes, entry) -> {
      while (out.position() % entry.alignment != 0) {
        out.put(FILLER);
      }
      entry.label.bindHere();
      out.putBytes(bytes.array());
    });
  }
}
