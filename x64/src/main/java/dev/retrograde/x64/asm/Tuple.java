package dev.retrograde.x64.asm;

/// What an instruction reads or writes in memory, which is also the unit of EVEX's one-byte
/// displacement, and how wide its narrower operand is.
enum Tuple {
  /// A whole vector, or one element broadcast.
  FULL,
  /// Half a vector, or one element broadcast; the memory operand is the narrow one.
  HALF,
  /// A whole vector, or one element broadcast; the result is half as wide.
  NARROW,
  /// A whole vector, no broadcast.
  MEM,
  /// Half a vector, no broadcast.
  MEM2,
  /// A quarter of a vector.
  MEM4,
  /// An eighth of a vector.
  MEM8,
  /// One element.
  ONE,
  /// 16 bytes at every width.
  B16,
  /// 32 bytes at every width.
  B32,
  /// The even elements: 8 bytes at 128 bits, a whole vector above.
  EVEN,
  /// Up to a whole vector, packed; the displacement counts elements.
  PACKED,
  /// No operand can be in memory.
  NONE;

  boolean broadcasts() {
    return this == FULL || this == HALF || this == NARROW;
  }

  /// Bytes in memory.
  int bytes(Width width, int element) {
    return switch (this) {
      case FULL, NARROW, MEM, PACKED, NONE -> width.bytes();
      case HALF, MEM2 -> width.bytes() / 2;
      case MEM4 -> width.bytes() / 4;
      case MEM8 -> width.bytes() / 8;
      case ONE -> element;
      case B16 -> 16;
      case B32 -> 32;
      case EVEN -> width == Width.X ? 8 : width.bytes();
    };
  }

  /// The unit of a one-byte displacement in the EVEX encoding.
  int unit(Width width, int element, boolean broadcast) {
    return broadcast || this == PACKED ? element : bytes(width, element);
  }

  /// Width of the operand that can be in memory, when it is a register.
  Width memorySide(Width width) {
    return switch (this) {
      case FULL, NARROW, MEM, EVEN, PACKED, NONE -> width;
      case HALF, MEM2 -> width.half();
      case MEM4 -> width.half().half();
      case MEM8, ONE, B16 -> Width.X;
      case B32 -> Width.Y;
    };
  }

  /// Width of the result of an instruction that reads memory.
  Width result(Width width) {
    return this == NARROW ? width.half() : width;
  }
}
