package dev.retrograde.io.safetensors;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Writes safetensors files. Equal tensors and metadata give equal bytes, whatever order they come
/// in: data lies by size of the element (larger first, so that all of it is aligned), then by name;
/// the header lists metadata and tensors by name and is filled with spaces to a multiple of 64
/// bytes.
public final class SafeTensorsWriter {
  private static final int ALIGNMENT = 64;
  private static final long CHUNK = 1 << 26;

  private SafeTensorsWriter() {}

  /// Writes a file: first beside it under another name, which is synced to the disk and then
  /// renamed, so that the path holds the old content or the new one at any moment.
  ///
  /// @param tensors with distinct names
  /// @param metadata any strings
  /// @throws IllegalArgumentException if two tensors share a name, or a text has a single surrogate
  public static void write(Path file, Collection<Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Tensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingInt((Tensor tensor) -> -tensor.type().bytes())
            .thenComparing(Tensor::name));
    byte[] header = header(ordered, metadata);
    Path target = file.toAbsolutePath();
    Path staged = target.resolveSibling(target.getFileName() + ".tmp");
    try {
      writeAll(staged, header, ordered);
      Files.move(
          staged, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder(target.getParent());
    } finally {
      Files.deleteIfExists(staged);
    }
  }

  private static void writeAll(Path file, byte[] header, List<Tensor> tensors) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(
          channel,
          ByteBuffer.allocate(8 + header.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(header.length)
              .put(header)
              .flip());
      for (Tensor tensor : tensors) {
        MemorySegment data = tensor.data();
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
          long bytes = Math.min(CHUNK, data.byteSize() - at);
          writeFully(channel, data.asSlice(at, bytes).asByteBuffer());
        }
      }
      channel.force(true);
    }
  }

  /// Makes the renaming last. Windows does not open folders and keeps a journal of renamings
  /// itself.
  private static void syncFolder(@Nullable Path folder) throws IOException {
    if (folder != null && !System.getProperty("os.name", "").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static byte[] header(List<Tensor> ordered, Map<String, String> metadata) {
    TreeMap<String, String> entries = new TreeMap<>();
    Set<String> names = new HashSet<>();
    long begin = 0;
    for (Tensor tensor : ordered) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "SafeTensorsWriter: expected distinct names, found two tensors '%s'."
                .formatted(tensor.name()));
      }
      long end = Math.addExact(begin, tensor.data().byteSize());
      entries.put(tensor.name(), entry(tensor, begin, end));
      begin = end;
    }
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      StringBuilder map = new StringBuilder();
      new TreeMap<>(metadata)
          .forEach((key, value) ->
              map.append(map.isEmpty() ? "" : ",")
                  .append(quote(key))
                  .append(':')
                  .append(quote(value)));
      json.append(quote(Header.METADATA)).append(":{").append(map).append('}');
    }
    entries.forEach((name, entry) ->
        json.append(json.length() > 1 ? "," : "").append(quote(name)).append(':').append(entry));
    json.append('}');
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    int filled = (text.length + 8 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 8;
    if (filled > Header.LARGEST) {
      throw new IllegalArgumentException(
          "SafeTensorsWriter: expected names and metadata of at most %d bytes, found %d."
              .formatted(Header.LARGEST, filled));
    }
    byte[] header = Arrays.copyOf(text, filled);
    Arrays.fill(header, text.length, filled, (byte) ' ');
    return header;
  }

  private static String entry(Tensor tensor, long begin, long end) {
    StringBuilder shape = new StringBuilder();
    for (long extent : tensor.shape()) {
      shape.append(shape.isEmpty() ? "" : ",").append(extent);
    }
    return "{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
        .formatted(tensor.type(), shape, begin, end);
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        quoted.append(c).append(text.charAt(++i));
      } else if (Character.isSurrogate(c)) {
        throw new IllegalArgumentException(
            "SafeTensorsWriter: expected names and metadata of whole characters, found a single"
                + " surrogate at %d of a text.".formatted(i));
      } else if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
