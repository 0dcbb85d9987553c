package dev.retrograde.data.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/// Small, well-formed files of every format, for tests to damage.
final class Samples {
  private Samples() {}

  /// `n` images of 3 rows and 2 columns whose bytes count up.
  static byte[] idxImages(int n) {
    ByteBuffer bytes = ByteBuffer.allocate(16 + 6 * n);
    bytes.putInt(2051).putInt(n).putInt(3).putInt(2);
    for (int i = 0; i < 6 * n; i++) {
      bytes.put((byte) i);
    }
    return bytes.array();
  }

  /// `n` labels 0, 1, 2 and so on, modulo 10.
  static byte[] idxLabels(int n) {
    ByteBuffer bytes = ByteBuffer.allocate(8 + n);
    bytes.putInt(2049).putInt(n);
    for (int i = 0; i < n; i++) {
      bytes.put((byte) (i % 10));
    }
    return bytes.array();
  }

  /// `n` records with label `(start + i) % 10` and planes whose bytes tell record, plane and pixel.
  static byte[] cifar(int n, int start) {
    byte[] bytes = new byte[n * 3073];
    for (int i = 0; i < n; i++) {
      bytes[i * 3073] = (byte) ((start + i) % 10);
      for (int k = 0; k < 3072; k++) {
        bytes[i * 3073 + 1 + k] = (byte) (start + i + 7 * (k / 1024) + k % 1024);
      }
    }
    return bytes;
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /// A ustar archive of the files in the given order.
  static byte[] tar(Map<String, byte[]> files) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    files.forEach((name, content) -> {
      out.writeBytes(tarHeader(name, content.length, '0'));
      out.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
    });
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  static byte[] tarHeader(String name, int size, char type) {
    byte[] block = new byte[512];
    put(block, 0, name);
    put(block, 124, "%011o".formatted(size));
    put(block, 148, "        ");
    block[156] = (byte) type;
    put(block, 257, "ustar");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xFF;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    return block;
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] with(byte[] bytes, int at, int... values) {
    byte[] copy = bytes.clone();
    for (int i = 0; i < values.length; i++) {
      copy[at + i] = (byte) values[i];
    }
    return copy;
  }

  static byte[] append(byte[] bytes, int... values) {
    byte[] copy = Arrays.copyOf(bytes, bytes.length + values.length);
    for (int i = 0; i < values.length; i++) {
      copy[bytes.length + i] = (byte) values[i];
    }
    return copy;
  }
}
