package dev.retrograde.data.read;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Walks over the regular files of a tar stream (ustar and older). Nothing is extracted: the caller
/// reads an entry's bytes from the source, and what it leaves is passed over.
final class TarEntries {
  private static final int BLOCK = 512;

  private final ByteSource source;
  private final byte[] block = new byte[BLOCK];
  private long nextHeader;

  TarEntries(ByteSource source) {
    this.source = source;
  }

  /// One regular file, whose bytes are the next ones of the source.
  ///
  /// @param headerOffset where its header begins
  record Entry(String path, long size, long headerOffset) {

    /// The last segment of the path.
    String baseName() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  /// The next regular file, or null at the end of the archive.
  @Nullable Entry next() {
    while (true) {
      source.skip(nextHeader - source.offset(), "a tar entry");
      long at = source.offset();
      source.readFully(block, BLOCK, "a tar header or the end mark of the archive");
      if (isZero()) {
        return null;
      }
      checkSum(at);
      long size = octal(124, 12, at);
      if (size > source.holdsAtMost()) {
        throw source.truncated(at, size, source.holdsAtMost(), text(0, 100));
      }
      nextHeader = source.offset() + (size + BLOCK - 1) / BLOCK * BLOCK;
      if (block[156] == '0' || block[156] == 0) {
        return new Entry(text(0, 100), size, at);
      }
    }
  }

  private boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void checkSum(long at) {
    long stated = octal(148, 8, at);
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xFF;
    }
    if (sum != stated) {
      throw source.damaged(
          at,
          "a tar header with checksum " + sum,
          String.valueOf(stated),
          "The archive is damaged or no tar archive: fetch it again.");
    }
  }

  private long octal(int start, int length, long at) {
    String digits = text(start, length).strip();
    if (!digits.matches("[0-7]{1,11}")) {
      throw source.damaged(
          at + start,
          "an octal number of a tar header",
          "'" + digits.replaceAll("[^ -~]", "?") + "'",
          "The archive is damaged or no tar archive: fetch it again.");
    }
    return Long.parseLong(digits, 8);
  }

  private String text(int start, int length) {
    int end = start;
    while (end < start + length && block[end] != 0) {
      end++;
    }
    return new String(block, start, end - start, StandardCharsets.ISO_8859_1);
  }
}
