package dev.retrograde.io.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SortedMap;

/// A safetensors file, mapped into memory and checked.
///
/// Checked are the length of the header (at most 100,000,000 bytes and inside the file), its JSON
/// (see [HeaderParser]), every size (multiplied without overflow and equal to the offsets), and
/// that the tensors fill the file behind the header without overlap, hole or rest. Nothing is
/// allocated in proportion to a number from the file before that number is checked.
///
/// @param metadata the file's map of strings
/// @param tensors by name, in the order of their data
public record SafeTensors(
    SortedMap<String, String> metadata, SequencedMap<String, Tensor> tensors) {

  private static final String CURE =
      "The file is damaged or no safetensors file: fetch or write it again.";
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public SafeTensors {
    metadata = Collections.unmodifiableSortedMap(metadata);
    tensors = Collections.unmodifiableSequencedMap(tensors);
  }

  /// Maps a file. The tensors' segments are read-only and live until `arena` is closed; the file
  /// must not be shortened meanwhile.
  ///
  /// @throws SafeTensorsException if the file breaks a rule of the format
  /// @throws IOException if it cannot be read
  public static SafeTensors map(Path file, Arena arena) throws IOException {
    MemorySegment mapped;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw new SafeTensorsException(
            file, 0, "8 bytes with the length of the header", "a file of " + size + " bytes", CURE);
      }
      mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
    }
    return read(file, mapped);
  }

  private static SafeTensors read(Path file, MemorySegment mapped) {
    long length = mapped.get(LENGTH, 0);
    if (length < 0 || length > Header.LARGEST || length > mapped.byteSize() - 8) {
      throw new SafeTensorsException(
          file,
          0,
          "a header of at most %d bytes".formatted(Math.min(Header.LARGEST, mapped.byteSize() - 8)),
          Long.toUnsignedString(length),
          CURE);
    }
    byte[] json = mapped.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
    Header header = HeaderParser.parse(file, json);
    MemorySegment data = mapped.asSlice(8 + length);
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Header.Entry entry : inDataOrder(file, header, data.byteSize())) {
      tensors.put(
          entry.name(),
          new Tensor(
              entry.name(),
              entry.type(),
              entry.shape(),
              data.asSlice(entry.begin(), entry.end() - entry.begin())));
    }
    return new SafeTensors(header.metadata(), tensors);
  }

  private static List<Header.Entry> inDataOrder(Path file, Header header, long dataSize) {
    List<Header.Entry> entries = new ArrayList<>(header.entries());
    entries.sort(
        Comparator.comparingLong(Header.Entry::begin).thenComparingLong(Header.Entry::end));
    long expected = 0;
    String before = "the header";
    for (Header.Entry entry : entries) {
      long bytes = Header.byteSize(entry.type(), entry.shape());
      if (bytes != entry.end() - entry.begin()) {
        throw wrong(
            file,
            entry,
            bytes < 0 ? "a size below 2^63 bytes" : bytes + " bytes, as shape and dtype say",
            bytes < 0
                ? Arrays.toString(entry.shape())
                : entry.end() - entry.begin() + " between the offsets");
      }
      if (entry.begin() != expected) {
        throw wrong(
            file,
            entry,
            "data that begins at " + expected + ", where that of " + before + " ends",
            entry.begin() + (entry.begin() < expected ? ", an overlap" : ", a hole"));
      }
      if (entry.end() > dataSize) {
        throw wrong(
            file, entry, "data that ends by " + dataSize, entry.end() + ", outside the file");
      }
      expected = entry.end();
      before = "'" + entry.name() + "'";
    }
    if (expected != dataSize) {
      throw new SafeTensorsException(
          file,
          0,
          "tensors that fill all " + dataSize + " bytes behind the header",
          "only " + expected + " in use",
          CURE);
    }
    return entries;
  }

  private static SafeTensorsException wrong(
      Path file, Header.Entry entry, String expected, String found) {
    return new SafeTensorsException(
        file, entry.at(), "for '" + entry.name() + "' " + expected, found, CURE);
  }

  /// The tensor of a name.
  ///
  /// @throws IllegalArgumentException if there is none; the message names those that there are
  public Tensor tensor(String name) {
    Tensor found = tensors.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "SafeTensors: expected a tensor '%s', found %s."
              .formatted(name, tensors.isEmpty() ? "none at all" : tensors.keySet()));
    }
    return found;
  }
}
