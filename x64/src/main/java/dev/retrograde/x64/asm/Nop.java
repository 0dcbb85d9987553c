package dev.retrograde.x64.asm;

/// No-operations of one to nine bytes, as the processor's manual recommends them.
final class Nop {
  private static final int LONGEST = 9;

  private Nop() {}

  static void write(CodeBuffer out, int count) {
    for (int left = count; left > 0; left -= LONGEST) {
      one(out, Math.min(left, LONGEST));
    }
  }

  private static void one(CodeBuffer out, int size) {
    if (size <= 2) {
      if (size == 2) {
        out.put(0x66);
      }
      out.put(0x90);
      return;
    }
    boolean prefixed = size == 6 || size == 9;
    if (prefixed) {
      out.put(0x66);
    }
    out.put(0x0F);
    out.put(0x1F);
    switch (prefixed ? size - 1 : size) {
      case 3 -> out.put(0x00);
      case 4 -> {
        out.put(0x40);
        out.put(0);
      }
      case 5 -> {
        out.put(0x44);
        out.put(0);
        out.put(0);
      }
      case 7 -> {
        out.put(0x80);
        out.putInt(0);
      }
      case 8 -> {
        out.put(0x84);
        out.put(0);
        out.putInt(0);
      }
      default -> throw new AssertionError("no nop of " + size + " bytes");
    }
  }
}
