package dev.retrograde.x64.asm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/// Growing bytes, and the part of the encoding that all instructions share: ModRM, SIB and
/// displacement.
final class CodeBuffer {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int INITIAL_BYTES = 1024;

  private byte[] bytes = new byte[INITIAL_BYTES];
  private int size;
  private final Set<Label> awaited = new LinkedHashSet<>();

  /// The labels that are used but not bound yet.
  Set<Label> awaited() {
    return awaited;
  }

  int position() {
    return size;
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }

  void put(int b) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, size * 2);
    }
    bytes[size++] = (byte) b;
  }

  void putInt(int value) {
    reserve(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  void putLong(long value) {
    reserve(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  void putBytes(byte[] source) {
    reserve(source.length);
    System.arraycopy(source, 0, bytes, size, source.length);
    size += source.length;
  }

  void putIntAt(int position, int value) {
    INT.set(bytes, position, value);
  }

  private void reserve(int count) {
    if (size + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + count));
    }
  }

  /// Writes the ModRM byte of a register operand.
  void modRegister(int reg, int rm) {
    put(0xC0 | (reg & 7) << 3 | rm & 7);
  }

  /// Writes ModRM, SIB and displacement of a memory operand.
  ///
  /// @param reg the other operand, or the opcode's extension
  /// @param unit what a displacement of one byte counts: 1, or the size that EVEX compresses by
  /// @param tail bytes of the instruction that follow the displacement (its immediate)
  void modMemory(int reg, Mem m, int unit, int tail) {
    int field = (reg & 7) << 3;
    if (m.label() != null) {
      put(field | 5);
      int at = size;
      int end = at + 4 + tail;
      if (m.label().isBound()) {
        putInt(m.label().position() - end + m.disp());
      } else {
        putInt(0);
        m.label().await(at, end - m.disp());
      }
      return;
    }
    if (m.base() == null) {
      put(field | 4);
      int index = m.hasIndex() ? m.indexCode() & 7 : 4;
      put(m.scaleLog2() << 6 | index << 3 | 5);
      putInt(m.disp());
      return;
    }
    int base = m.base().code() & 7;
    int disp = m.disp();
    int mod;
    if (disp == 0 && base != 5) {
      mod = 0;
    } else if (disp % unit == 0 && disp / unit == (byte) (disp / unit)) {
      mod = 1;
    } else {
      mod = 2;
    }
    if (m.hasIndex() || base == 4) {
      put(mod << 6 | field | 4);
      put(m.scaleLog2() << 6 | (m.hasIndex() ? m.indexCode() & 7 : 4) << 3 | base);
    } else {
      put(mod << 6 | field | base);
    }
    if (mod == 1) {
      put(disp / unit);
    } else if (mod == 2) {
      putInt(disp);
    }
  }
}
