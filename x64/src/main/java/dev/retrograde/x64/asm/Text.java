package dev.retrograde.x64.asm;

/// One line of a listing, in the syntax of Intel's manual, built operand by operand.
final class Text {
  private final StringBuilder out = new StringBuilder(48);
  private boolean hasOperand;

  Text(String mnemonic) {
    out.append(mnemonic);
  }

  private void separate() {
    out.append(hasOperand ? ',' : ' ');
    hasOperand = true;
  }

  Text word(String operand) {
    separate();
    out.append(operand);
    return this;
  }

  Text gpr(Gpr r, int bytes) {
    return word(r.name(bytes));
  }

  Text vec(Vec v, Width width) {
    return word(v.text(width));
  }

  /// A decoration behind the last operand: which lanes are written.
  Text masked(Mask k, boolean zero) {
    if (k != Mask.K0) {
      out.append('{').append(k.text()).append('}');
      if (zero) {
        out.append("{z}");
      }
    }
    return this;
  }

  Text imm(long value) {
    separate();
    out.append("0x").append(Long.toHexString(value));
    return this;
  }

  /// A place in memory of the given size; size 0 leaves the size away, as `lea` does.
  Text mem(Mem m, int bytes, Width indexWidth) {
    separate();
    if (bytes != 0) {
      out.append(sizeName(bytes)).append(m.broadcast() ? " BCST " : " PTR ");
    }
    out.append('[');
    if (m.label() != null) {
      out.append("rip+").append(m.label().name());
    } else if (m.base() != null) {
      out.append(m.base().name(8));
    }
    String index =
        m.index() != null
            ? m.index().name(8)
            : m.vectorIndex() != null ? m.vectorIndex().text(indexWidth) : "";
    if (!index.isEmpty()) {
      if (m.base() != null) {
        out.append('+');
      }
      out.append(index).append('*').append(m.scale());
    }
    if (m.disp() != 0 || (m.label() == null && m.base() == null)) {
      out.append(m.disp() < 0 ? "-0x" : "+0x").append(Long.toHexString(Math.abs((long) m.disp())));
    }
    out.append(']');
    return this;
  }

  private static String sizeName(int bytes) {
    return switch (bytes) {
      case 1 -> "BYTE";
      case 2 -> "WORD";
      case 4 -> "DWORD";
      case 8 -> "QWORD";
      case 16 -> "XMMWORD";
      case 32 -> "YMMWORD";
      case 64 -> "ZMMWORD";
      default -> throw new AssertionError("no name for a memory operand of " + bytes + " bytes");
    };
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
