package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// A strict gzip reader (RFC 1952): every member's checksum and length are compared, and bytes
/// after the last member are damage.
///
/// `java.util.zip.GZIPInputStream` swallows trailing bytes that are no member, which would let a
/// damaged file pass, and it cannot tell at which byte it failed.
final class GzipInput implements Closeable {
  private static final String CURE = "The file is damaged: fetch it again.";

  private final Path file;
  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[1 << 16];
  private long bufferStart;
  private int at;
  private int end;
  private long memberBytes;
  private boolean inMember;
  private boolean atStart = true;

  GzipInput(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /// Reads up to `length` decompressed bytes; -1 at the end.
  int read(byte[] target, int offset, int length) throws IOException {
    while (true) {
      if (!inMember) {
        if (!atStart && end == at && !refill()) {
          return -1;
        }
        header();
      }
      int got = inflate(target, offset, length);
      if (got > 0) {
        crc.update(target, offset, got);
        memberBytes += got;
        return got;
      }
      if (inflater.finished()) {
        at = end - inflater.getRemaining();
        trailer();
      } else if (inflater.needsDictionary()) {
        throw damaged(
            inflated(), "a stream without a preset dictionary", "one that needs it", null);
      } else if (length > 0) {
        if (!refill()) {
          throw damaged(bufferStart + at, "more compressed bytes", "the end of the file", null);
        }
        inflater.setInput(buffer, 0, end);
        at = end;
      } else {
        return 0;
      }
    }
  }

  private int inflate(byte[] target, int offset, int length) {
    try {
      return inflater.inflate(target, offset, length);
    } catch (DataFormatException e) {
      throw damaged(inflated(), "deflate data", "a broken stream (" + e.getMessage() + ")", e);
    }
  }

  private void header() throws IOException {
    long start = bufferStart + at;
    int magic = next() | next() << 8;
    if (magic != 0x8B1F) {
      throw damaged(
          start,
          atStart ? "the gzip magic 1f 8b" : "the end of the file or another gzip member",
          "%02x %02x".formatted(magic & 0xFF, magic >>> 8),
          null);
    }
    int method = next();
    int flags = next();
    if (method != 8 || (flags & 0xE0) != 0) {
      throw damaged(
          start + 2,
          "gzip method 8 and flags below 32",
          "method " + method + ", flags " + flags,
          null);
    }
    for (int i = 0; i < 6; i++) {
      next();
    }
    if ((flags & 4) != 0) {
      for (int extra = next() | next() << 8; extra > 0; extra--) {
        next();
      }
    }
    for (int text = (flags >>> 3 & 1) + (flags >>> 4 & 1); text > 0; text--) {
      while (next() != 0) {
        // a zero ends the text
      }
    }
    if ((flags & 2) != 0) {
      next();
      next();
    }
    inflater.reset();
    inflater.setInput(buffer, at, end - at);
    at = end;
    crc.reset();
    memberBytes = 0;
    inMember = true;
    atStart = false;
  }

  private void trailer() throws IOException {
    long start = bufferStart + at;
    long sum = int32();
    if (sum != crc.getValue()) {
      throw damaged(
          start,
          "the checksum %08x of the decompressed bytes".formatted(crc.getValue()),
          "%08x".formatted(sum),
          null);
    }
    long length = int32();
    if (length != (memberBytes & 0xFFFF_FFFFL)) {
      throw damaged(
          start + 4, "the length " + (memberBytes & 0xFFFF_FFFFL), String.valueOf(length), null);
    }
    inMember = false;
  }

  private long int32() throws IOException {
    return (next() | next() << 8 | next() << 16 | (long) next() << 24) & 0xFFFF_FFFFL;
  }

  private int next() throws IOException {
    if (at == end && !refill()) {
      throw damaged(bufferStart + at, "more of a gzip member", "the end of the file", null);
    }
    return buffer[at++] & 0xFF;
  }

  private boolean refill() throws IOException {
    bufferStart += end;
    at = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }

  /// The first compressed byte that was not used yet.
  private long inflated() {
    return bufferStart + end - inflater.getRemaining();
  }

  private DataException damaged(
      long place, String expected, String found, @Nullable Throwable cause) {
    return new DataException(new Place(file, place, false), expected, found, CURE, cause);
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
