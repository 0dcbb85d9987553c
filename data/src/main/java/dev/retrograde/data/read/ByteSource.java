package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The bytes of a file from front to back, decompressed where it is gzip (told by its first two
/// bytes, not by its name), with the offset at hand for messages.
///
/// Whatever fails is a [DataException]. [#bytes] allocates no more than the file can hold: for a
/// plain file its length is the limit; for gzip the limit is deflate's best ratio, and the array
/// grows with the bytes that really arrive.
final class ByteSource implements Closeable {
  /// The most bytes that one byte of deflate data can stand for, rounded up.
  private static final long DEFLATE_RATIO = 1040;

  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 16;

  private final Path file;
  private final long fileSize;
  private final InputStream plain;
  private final @Nullable GzipInput gzip;
  private long offset;

  private ByteSource(Path file, long fileSize, InputStream plain, @Nullable GzipInput gzip) {
    this.file = file;
    this.fileSize = fileSize;
    this.plain = plain;
    this.gzip = gzip;
  }

  static ByteSource open(Path file) {
    try {
      boolean zipped;
      try (InputStream head = Files.newInputStream(file)) {
        zipped = head.read() == 0x1F && head.read() == 0x8B;
      }
      InputStream in = Files.newInputStream(file);
      return new ByteSource(file, Files.size(file), in, zipped ? new GzipInput(file, in) : null);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static DataException unreadable(Path file, IOException e) {
    return new DataException(
        Place.whole(file),
        "a readable file",
        e.getClass().getSimpleName() + " (" + e.getMessage() + ")",
        "Check the path and the rights on it.",
        e);
  }

  Path file() {
    return file;
  }

  /// Bytes read so far, after decompression.
  long offset() {
    return offset;
  }

  /// The number of bytes in all if it is known before reading, as for a plain file; otherwise -1.
  long knownSize() {
    return gzip == null ? fileSize : -1;
  }

  /// No more than this many bytes can still come.
  long holdsAtMost() {
    return (gzip == null ? fileSize : Math.multiplyExact(DEFLATE_RATIO, fileSize)) - offset;
  }

  /// Reads until `length` bytes are there or the file ends, and says how many there are.
  int read(byte[] target, int start, int length) {
    int done = 0;
    try {
      while (done < length) {
        int got =
            gzip == null
                ? plain.read(target, start + done, length - done)
                : gzip.read(target, start + done, length - done);
        if (got < 0) {
          break;
        }
        done += got;
        offset += got;
      }
      return done;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /// Reads exactly `length` bytes of `what`.
  void readFully(byte[] target, int length, String what) {
    long start = offset;
    int got = read(target, 0, length);
    if (got < length) {
      throw truncated(start, length, got, what);
    }
  }

  /// The next four bytes as a big-endian integer, which is `what`.
  int int32(String what) {
    byte[] four = new byte[4];
    readFully(four, 4, what);
    return four[0] << 24 | (four[1] & 0xFF) << 16 | (four[2] & 0xFF) << 8 | four[3] & 0xFF;
  }

  /// The next `length` bytes, which are `what`.
  byte[] bytes(long length, String what) {
    long start = offset;
    if (length > holdsAtMost()) {
      throw truncated(start, length, holdsAtMost(), what);
    }
    if (length > LARGEST_ARRAY) {
      throw damaged(
          start,
          "at most " + LARGEST_ARRAY + " bytes of " + what,
          String.valueOf(length),
          "Use a smaller data set, or limit the number of samples.");
    }
    long first = gzip == null ? length : Math.min(length, 8 * fileSize + (1 << 16));
    byte[] result = new byte[(int) first];
    int done = read(result, 0, result.length);
    while (done == result.length && done < length) {
      result = Arrays.copyOf(result, (int) Math.min(length, 2L * done));
      done += read(result, done, result.length - done);
    }
    if (done < length) {
      throw truncated(start, length, done, what);
    }
    return result;
  }

  /// All bytes to the end, at most `largest`; `cure` says what to do where there are more.
  byte[] all(int largest, String cure) {
    byte[] result = new byte[(int) Math.min(largest, Math.max(1 << 12, 2 * fileSize))];
    int done = read(result, 0, result.length);
    while (done == result.length) {
      if (done == largest) {
        byte[] one = new byte[1];
        if (read(one, 0, 1) != 0) {
          throw damaged(largest, "at most " + largest + " bytes", "more", cure);
        }
        return result;
      }
      result = Arrays.copyOf(result, (int) Math.min(largest, 2L * done));
      done += read(result, done, result.length - done);
    }
    return Arrays.copyOf(result, done);
  }

  /// Passes over the next `length` bytes, which are `what`.
  void skip(long length, String what) {
    long start = offset;
    byte[] scratch = new byte[(int) Math.min(length, 1 << 16)];
    while (offset - start < length) {
      long left = length - (offset - start);
      if (read(scratch, 0, (int) Math.min(left, scratch.length)) == 0) {
        throw truncated(start, length, offset - start, what);
      }
    }
  }

  /// Passes over all that follows, so that gzip's checksum over it is compared.
  void drain() {
    byte[] scratch = new byte[1 << 16];
    while (read(scratch, 0, scratch.length) == scratch.length) {
      // on to the end
    }
  }

  /// Nothing may follow.
  void expectEnd(String after) {
    long end = offset;
    if (read(new byte[1], 0, 1) != 0) {
      throw damaged(
          end, "the end of the file after " + after, "further bytes", "Fetch the file again.");
    }
  }

  DataException truncated(long start, long length, long there, String what) {
    return damaged(
        start,
        length + " bytes of " + what,
        (there < length && gzip != null && there == holdsAtMost() ? "room for at most " : "only ")
            + there,
        "The file is cut short or its header is damaged: fetch it again.");
  }

  DataException damaged(long at, String expected, String found, String cure) {
    return new DataException(new Place(file, at, gzip != null), expected, found, cure);
  }

  @Override
  public void close() {
    try {
      if (gzip != null) {
        gzip.close();
      } else {
        plain.close();
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }
}
