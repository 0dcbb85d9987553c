package dev.retrograde.io.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {
  @TempDir Path folder;

  static Tensor tensor(String name, ElementType type, long... shape) {
    long count = 1;
    for (long extent : shape) {
      count *= extent;
    }
    byte[] bytes = new byte[(int) (count * type.bytes())];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (name.hashCode() + 3 * i);
    }
    return new Tensor(name, type, shape, MemorySegment.ofArray(bytes));
  }

  static List<Tensor> manyTensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (ElementType type : ElementType.values()) {
      tensors.add(tensor("scalar." + type, type));
      tensors.add(tensor("odd." + type, type, 3, 1, 7));
      tensors.add(tensor("empty." + type, type, 3, 0, 7));
    }
    tensors.add(tensor("quotes \" \\ / \u0000 \t \u00e9 \ud83d\ude00", ElementType.U8, 13));
    tensors.add(tensor("", ElementType.F32, 2));
    return tensors;
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Map<String, String> metadata = Map.of("b", "2\n\"x\"", "a", "", "\u00fc", "\ud83d\ude00");
    SafeTensorsWriter.write(file, manyTensors(), metadata);
    try (Arena arena = Arena.ofConfined()) {
      SafeTensors read = SafeTensors.map(file, arena);
      assertThat(read.metadata()).isEqualTo(metadata);
      assertThat(read.tensors().values()).containsExactlyInAnyOrderElementsOf(manyTensors());
      assertThat(read.tensor("odd.F32").data().isReadOnly()).isTrue();
      assertThat(read.tensor("odd.F32").shape()).containsExactly(3, 1, 7);
      assertThatThrownBy(() -> read.tensor("absent")).hasMessageContaining("odd.F32");
      for (Tensor tensor : read.tensors().values()) {
        assertThat(tensor.data().address() % tensor.type().bytes()).as(tensor.name()).isZero();
      }
    }
    assertThat(folder.toFile().list()).containsExactly("model.safetensors");
  }

  @Test
  void orderOfTensorsDoesNotChangeTheBytes() throws IOException {
    List<Tensor> tensors = manyTensors();
    SafeTensorsWriter.write(folder.resolve("a"), tensors, Map.of("x", "1", "y", "2"));
    Collections.reverse(tensors);
    SafeTensorsWriter.write(folder.resolve("b"), tensors, Map.of("y", "2", "x", "1"));
    assertThat(folder.resolve("b")).hasSameBinaryContentAs(folder.resolve("a"));
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    Path file = folder.resolve("two");
    Tensor small = new Tensor("b", ElementType.U8, new long[] {3}, bytes(7, 8, 9));
    Tensor wide = new Tensor("c", ElementType.I16, new long[] {1}, bytes(1, 2));
    SafeTensorsWriter.write(file, List.of(small, wide), Map.of("k", "v"));
    byte[] all = Files.readAllBytes(file);
    String header =
        "{\"__metadata__\":{\"k\":\"v\"},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[2,5]},"
            + "\"c\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[0,2]}}";
    assertThat(all).startsWith(184, 0, 0, 0, 0, 0, 0, 0).hasSize(8 + 184 + 5);
    assertThat(new String(all, 8, 184, StandardCharsets.UTF_8))
        .isEqualTo(header + " ".repeat(184 - header.length()));
    assertThat(all).endsWith(1, 2, 7, 8, 9);
  }

  private static MemorySegment bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(bytes);
  }

  @Test
  void anEmptyModelIsAFileToo() throws IOException {
    Path file = folder.resolve("empty");
    SafeTensorsWriter.write(file, List.of(), Map.of());
    try (Arena arena = Arena.ofConfined()) {
      SafeTensors read = SafeTensors.map(file, arena);
      assertThat(read.tensors()).isEmpty();
      assertThat(read.metadata()).isEmpty();
      assertThatThrownBy(() -> read.tensor("x")).hasMessageContaining("none at all");
    }
  }

  @Test
  void segmentsEndWithTheArena() throws IOException {
    Path file = folder.resolve("model");
    SafeTensorsWriter.write(file, List.of(tensor("x", ElementType.F32, 4)), Map.of());
    MemorySegment data;
    try (Arena arena = Arena.ofConfined()) {
      data = SafeTensors.map(file, arena).tensor("x").data();
    }
    assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("model");
    SafeTensorsWriter.write(file, List.of(tensor("x", ElementType.F32, 4)), Map.of());
    byte[] before = Files.readAllBytes(file);
    MemorySegment closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(8);
    }
    Tensor gone = new Tensor("y", ElementType.F64, new long[0], closed);
    assertThatThrownBy(() -> SafeTensorsWriter.write(file, List.of(gone), Map.of()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasBinaryContent(before);
    assertThat(folder.toFile().list()).containsExactly("model");
  }

  @Test
  void whatCannotBeWrittenIsRefused() {
    Path file = folder.resolve("model");
    Tensor x = tensor("x", ElementType.F32, 4);
    assertThatThrownBy(() -> SafeTensorsWriter.write(file, List.of(x, x), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two tensors 'x'");
    assertThatThrownBy(() -> SafeTensorsWriter.write(file, List.of(), Map.of("k", "\ud800")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("single surrogate at 0");
    assertThatThrownBy(() -> tensor("__metadata__", ElementType.F32, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Tensor("x", ElementType.F32, new long[] {3}, bytes(1, 2)))
        .hasMessageContaining("expected 12 bytes for F32 [3], found 2");
    assertThatThrownBy(() -> new Tensor("x", ElementType.F32, new long[] {-3}, bytes()))
        .hasMessageContaining("a possible number of bytes");
    assertThat(file).doesNotExist();
  }

  @Test
  void sizesAreMultipliedWithoutOverflow() {
    long big = 1L << 32;
    assertThat(Header.byteSize(ElementType.F32, new long[] {big, big})).isEqualTo(-1);
    assertThat(Header.byteSize(ElementType.F64, new long[] {1L << 60})).isEqualTo(-1);
    assertThat(Header.byteSize(ElementType.U8, new long[] {Long.MAX_VALUE}))
        .isEqualTo(Long.MAX_VALUE);
    assertThat(Header.byteSize(ElementType.F32, new long[] {big, big, 0})).isZero();
    assertThat(Header.byteSize(ElementType.F32, new long[] {-1, 0})).isEqualTo(-1);
    assertThat(Header.byteSize(ElementType.BF16, new long[] {})).isEqualTo(2);
  }
}
