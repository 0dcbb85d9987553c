package dev.retrograde.structure.sample.nn;

import java.lang.foreign.Linker;

/// Reaches for native code.
public final class Caller {
  public Linker linker() {
    return Linker.nativeLinker();
  }
}
