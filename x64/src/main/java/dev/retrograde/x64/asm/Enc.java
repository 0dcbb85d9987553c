package dev.retrograde.x64.asm;

/// The encodings that an instruction has, and the W bit in each: `V` for VEX, `E` for EVEX.
enum Enc {
  V0(0, -1),
  V1(1, -1),
  E0(-1, 0),
  E1(-1, 1),
  V0E0(0, 0),
  V0E1(0, 1),
  V1E1(1, 1);

  private final int vexW;
  private final int evexW;

  Enc(int vexW, int evexW) {
    this.vexW = vexW;
    this.evexW = evexW;
  }

  boolean hasVex() {
    return vexW >= 0;
  }

  boolean hasEvex() {
    return evexW >= 0;
  }

  int vexW() {
    return vexW;
  }

  int evexW() {
    return evexW;
  }
}
