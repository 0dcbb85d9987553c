package dev.retrograde.lab.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// The memory of this process that lies in RAM, as the operating system counts it: everything, the
/// Java heap and compiled code included. Empty where the system does not tell (Linux does).
public final class ResidentSet {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private ResidentSet() {}

  /// Bytes now.
  public static OptionalLong now() {
    return field("VmRSS:");
  }

  /// The most since the start of the process, or since [#forgetPeak].
  public static OptionalLong peak() {
    return field("VmHWM:");
  }

  /// Lets the peak begin anew at what is resident now.
  ///
  /// @return whether the system allows it; otherwise the peak goes on from the start of the process
  public static boolean forgetPeak() {
    try {
      Files.writeString(CLEAR, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static OptionalLong field(String name) {
    for (String line : Machine.lines(STATUS)) {
      if (line.startsWith(name)) {
        return OptionalLong.of(Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024);
      }
    }
    return OptionalLong.empty();
  }
}
