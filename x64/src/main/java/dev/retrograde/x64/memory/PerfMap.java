package dev.retrograde.x64.memory;

import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file that tells Linux's `perf` the names of functions printed at run time.
///
/// `perf` looks for `/tmp/perf-PID.map`; the caller gives the path. Lines are appended, since the
/// Java machine may write the same file. May be used by several threads.
public final class PerfMap implements Closeable {
  private final Writer out;

  private PerfMap(Writer out) {
    this.out = out;
  }

  /// Opens the file, made if it does not exist.
  public static PerfMap open(Path path) throws IOException {
    return new PerfMap(
        Files.newBufferedWriter(
            path,
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND));
  }

  /// Adds a function.
  ///
  /// @param address of its first byte
  /// @param bytes its size, at least 1
  /// @param name what `perf` shows; line breaks become spaces
  public synchronized void add(long address, long bytes, String name) throws IOException {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "perf map: expected a size of at least 1 for " + name + ", found " + bytes);
    }
    out.write(Long.toHexString(address));
    out.write(' ');
    out.write(Long.toHexString(bytes));
    out.write(' ');
    out.write(name.replaceAll("\\R", " "));
    out.write('\n');
    out.flush();
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
