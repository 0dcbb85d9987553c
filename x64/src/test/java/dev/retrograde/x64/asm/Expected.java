package dev.retrograde.x64.asm;

import java.util.Locale;
import java.util.Set;

/// What a disassembler is expected to print, worked out from the instruction's name alone and not
/// from the table that is being tested.
final class Expected {
  private static final Set<String> NARROWING =
      Set.of("vcvtpd2ps", "vcvttpd2dq", "vcvtpd2dq", "vcvtqq2ps", "vcvtneps2bf16");
  private static final Set<String> HALF_SOURCE =
      Set.of("vcvtps2pd", "vcvtdq2pd", "vcvtudq2pd", "vcvttps2qq", "vcvtph2ps", "vcvtps2ph");
  private static final Set<String> QUAD_SOURCE =
      Set.of(
          "vcvtqq2pd",
          "vcvtqq2ps",
          "vcvtuqq2pd",
          "vcvtpd2ps",
          "vcvttpd2dq",
          "vcvtpd2dq",
          "vcvtpd2qq",
          "vcvttpd2qq",
          "vpmuldq",
          "vpmuludq",
          "vpunpcklqdq",
          "vpunpckhqdq",
          "vshuff64x2");
  private static final Set<String> DWORD_SOURCE =
      Set.of(
          "vcvtps2pd",
          "vcvtdq2pd",
          "vcvtudq2pd",
          "vcvttps2qq",
          "vpunpckldq",
          "vpunpckhdq",
          "vcvtps2dq",
          "vcvttps2dq",
          "vpcmpd",
          "vpcmpud",
          "vpcmpeqd");

  private Expected() {}

  static boolean isNarrowing(String name) {
    return NARROWING.contains(name);
  }

  static String vec(int register, Width width) {
    String prefix =
        switch (width) {
          case S, X -> "xmm";
          case Y -> "ymm";
          case Z -> "zmm";
        };
    return prefix + register;
  }

  static Width ofBytes(int bytes) {
    return bytes >= 64 ? Width.Z : bytes == 32 ? Width.Y : Width.X;
  }

  /// Bytes that the instruction reads or writes in memory.
  static int memoryBytes(String name, Width width) {
    int all = width == Width.S ? 16 : width.bytes();
    if (name.matches("vpmov[sz]x..|vpmovu?s?[dqw][bwd]")) {
      String s = name.substring(name.length() - 2);
      int from = "bwdq".indexOf(s.charAt(0));
      int to = "bwdq".indexOf(s.charAt(1));
      return all >> Math.abs(to - from);
    }
    if (HALF_SOURCE.contains(name)) {
      return all / 2;
    }
    if (name.matches("vp?broadcast.|vbroadcasts.")) {
      char last = name.charAt(name.length() - 1);
      return switch (last) {
        case 'b' -> 1;
        case 'w' -> 2;
        case 's' -> 4;
        case 'd' -> name.equals("vpbroadcastd") ? 4 : 8;
        default -> 8;
      };
    }
    if (name.matches("v(broadcast|insert|extract)[fi](128|32x4|64x2)")) {
      return 16;
    }
    if (name.matches("v(broadcast|insert|extract)[fi](32x8|64x4)")) {
      return 32;
    }
    if (name.equals("vmovddup") && width == Width.X) {
      return 8;
    }
    if (name.matches("vp?(gather|scatter).*")) {
      return name.matches(".*(dps|dd)") ? 4 : 8;
    }
    if (name.equals("vmovd") || name.equals("vmovq")) {
      return name.equals("vmovd") ? 4 : 8;
    }
    if (width == Width.S) {
      return name.equals("vcvtss2sd") || name.endsWith("ss") && !name.equals("vcvtsd2ss") ? 4 : 8;
    }
    return all;
  }

  /// Bytes in the element that is broadcast from memory.
  static int broadcastBytes(String name) {
    if (QUAD_SOURCE.contains(name)) {
      return 8;
    }
    if (DWORD_SOURCE.contains(name)) {
      return 4;
    }
    return name.endsWith("pd") || name.endsWith("q") ? 8 : 4;
  }

  /// Width of the operand that could be in memory, as a register.
  static Width sourceWidth(String name, Width width) {
    return ofBytes(memoryBytes(name, width));
  }

  /// Width of the result of an instruction that reads memory.
  static Width resultWidth(String name, Width width) {
    return NARROWING.contains(name) ? ofBytes(width.bytes() / 2) : width;
  }

  static String size(int bytes) {
    return switch (bytes) {
      case 1 -> "BYTE PTR ";
      case 2 -> "WORD PTR ";
      case 4 -> "DWORD PTR ";
      case 8 -> "QWORD PTR ";
      case 16 -> "XMMWORD PTR ";
      case 32 -> "YMMWORD PTR ";
      case 64 -> "ZMMWORD PTR ";
      default -> throw new IllegalArgumentException("size " + bytes);
    };
  }

  static String broadcastSize(int bytes) {
    return size(bytes).replace("PTR", "BCST");
  }

  static String gpr(Gpr r, int bytes) {
    String n = r.name().toLowerCase(Locale.ROOT);
    boolean numbered = Character.isDigit(n.charAt(1));
    return switch (bytes) {
      case 8 -> n;
      case 4 -> numbered ? n + "d" : n.replaceFirst("r", "e");
      case 2 -> numbered ? n + "w" : n.substring(1);
      default -> numbered ? n + "b" : n.endsWith("x") ? n.charAt(1) + "l" : n.substring(1) + "l";
    };
  }
}
