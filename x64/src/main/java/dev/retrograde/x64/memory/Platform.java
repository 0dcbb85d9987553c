package dev.retrograde.x64.memory;

import java.lang.foreign.ValueLayout;
import java.util.Locale;

/// The operating system and processor as far as machine code cares: the one place that asks.
public sealed interface Platform {

  /// Linux on x86-64: code can be loaded and called with the System V convention.
  record LinuxX64() implements Platform {}

  /// Machine code cannot be used.
  ///
  /// @param reason why, in a sentence for the user
  record NotSupported(String reason) implements Platform {}

  /// The platform that this program runs on.
  static Platform detect() {
    return of(
        System.getProperty("os.name", ""),
        System.getProperty("os.arch", ""),
        (int) ValueLayout.ADDRESS.byteSize());
  }

  /// The platform with the given values of `os.name`, `os.arch` and the size of a pointer.
  static Platform of(String system, String processor, int pointerBytes) {
    String arch = processor.toLowerCase(Locale.ROOT);
    if (!arch.equals("amd64") && !arch.equals("x86_64")) {
      return new NotSupported(
          "the processor is '" + processor + "', and the encoder knows x86-64 only");
    }
    if (pointerBytes != 8) {
      return new NotSupported("this is a Java of " + 8 * pointerBytes + " bits, expected 64");
    }
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      return new NotSupported(
          "on Windows pages come from VirtualAlloc and VirtualProtect and arguments in other"
              + " registers, which is not written yet");
    }
    if (name.startsWith("mac")) {
      return new NotSupported(
          "on macOS executable pages need MAP_JIT and a hardened-runtime entitlement, which is not"
              + " written yet");
    }
    if (!name.startsWith("linux")) {
      return new NotSupported("the operating system is '" + system + "', expected Linux");
    }
    return new LinuxX64();
  }
}
