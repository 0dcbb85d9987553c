package dev.retrograde.io.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every rule of the format, broken one at a time.
class MalformedFilesTest {
  @TempDir Path folder;

  /// In the headers below, single quotes stand for double ones.
  private Path file(String header, int dataBytes) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return file(json.length, json, dataBytes);
  }

  private Path file(long length, byte[] json, int dataBytes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
    return Files.write(folder.resolve("model"), bytes.array());
  }

  private static SafeTensorsException refused(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      return catchThrowableOfType(
          SafeTensorsException.class, () -> SafeTensors.map(file, arena).tensors());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}|",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}x| spaces after the header's object",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}{}| spaces after the header's object",
        "{ 'a' : { 'shape' : [ 2 , 2 ] , 'data_offsets' : [ 0 , 4 ] , 'dtype' : 'U8' } }|",
        "{'\\u0061':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}|",
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'a':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|"
            + " found a second 'a'",
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'\\u0061':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|"
            + " found a second 'a'",
        "{'a':{'dtype':'U8','dtype':'U8','shape':[4],'data_offsets':[0,4]}}| a second 'dtype'",
        "{'a':{'dtype':'U8','shape':[4],'shape':[4],'data_offsets':[0,4]}}| a second 'shape'",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4],'data_offsets':[0,4]}}| a second",
        "{'__metadata__':{'k':'1','k':'2'},'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| a"
            + " second 'k'",
        "{'__metadata__':{},'__metadata__':{},'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}|"
            + " a second '__metadata__'",
        "{'__metadata__':{'k':1},'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected"
            + " '\"', found '1'",
        "{'__metadata__':{'k':{}},'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected"
            + " '\"', found '{'",
        "{'__metadata__':'k','a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected '{'",
        "{'__metadata__':null,'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected '{'",
        "{'a':{'shape':[4],'data_offsets':[0,4]}}| expected dtype in the entry 'a', found none",
        "{'a':{'dtype':'U8','data_offsets':[0,4]}}| expected shape in the entry 'a', found none",
        "{'a':{'dtype':'U8','shape':[4]}}| expected data_offsets in the entry 'a', found none",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4],'x':1}}| found another key",
        "{'a':{'dtype':'F16','shape':[2],'data_offsets':[0,4]}}| found 'F16'",
        "{'a':{'dtype':'u8','shape':[4],'data_offsets':[0,4]}}| found 'u8'",
        "{'a':{'dtype':8,'shape':[4],'data_offsets':[0,4]}}| expected '\"', found '8'",
        "{'a':[]}| expected '{', found '['",
        "{'a':1}| expected '{', found '1'",
        "{'a':{'dtype':'U8','shape':4,'data_offsets':[0,4]}}| expected '[', found '4'",
        "{'a':{'dtype':'U8','shape':[-4],'data_offsets':[0,4]}}| an integer of at least 0",
        "{'a':{'dtype':'U8','shape':[4.0],'data_offsets':[0,4]}}| expected ']', found '.'",
        "{'a':{'dtype':'U8','shape':[4e0],'data_offsets':[0,4]}}| expected ']', found 'e'",
        "{'a':{'dtype':'U8','shape':[04],'data_offsets':[0,4]}}| without leading zeros",
        "{'a':{'dtype':'U8','shape':['4'],'data_offsets':[0,4]}}| an integer of at least 0",
        "{'a':{'dtype':'U8','shape':[4,],'data_offsets':[0,4]}}| found ']'",
        "{'a':{'dtype':'U8','shape':[[4]],'data_offsets':[0,4]}}| found '['",
        "{'a':{'dtype':'U8','shape':[9223372036854775808],'data_offsets':[0,4]}}| below 2^63",
        "{'a':{'dtype':'U8','shape':[99999999999999999999],'data_offsets':[0,4]}}| below 2^63",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}}| a size below"
            + " 2^63 bytes",
        "{'a':{'dtype':'F32','shape':[4611686018427387905],'data_offsets':[0,4]}}| a size below"
            + " 2^63 bytes",
        "{'a':{'dtype':'U8','shape':[5],'data_offsets':[0,4]}}| 5 bytes, as shape and dtype say",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,4]}}| found 4 between the offsets",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[4,0]}}| begin before end",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0]}}| two offsets",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[]}}| two offsets",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4,4]}}| at most 2 numbers",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[1,5]}}| found 1, a hole",
        "{'a':{'dtype':'U8','shape':[5],'data_offsets':[0,5]}}| found 5, outside the file",
        "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]}}| found only 3 in use",
        "{}| found only 0 in use",
        "{'__metadata__':{}}| found only 0 in use",
        "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]},'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|"
            + " found 2, an overlap",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},'b':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}|"
            + " found 0, an overlap",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|"
            + " found 2, a hole",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},'b':{'dtype':'U8','shape':[0],'data_offsets':[2,2]}}|"
            + " an overlap",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},'b':{'dtype':'U8','shape':[0],'data_offsets':[4,4]}}|",
        "{'a':{'dtype':'U8','shape':[0],'data_offsets':[9223372036854775807,9223372036854775807]}}|"
            + " a hole",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},}| expected '\"', found '}'",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]} 'b'}| expected '}', found '\"'",
        "{'a' {'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected ':', found '{'",
        "{a:{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| expected '\"', found 'a'",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}| found the end of the header",
        "{'a| the end of a text, found the end of the header",
        "{'a\\| an escape that JSON knows, found the end of the header",
        "{'a\\x':{}}| an escape that JSON knows, found 'x'",
        "{'a\\u12g4':{}}| four hexadecimal digits",
        "{'a\\u12| four hexadecimal digits",
        "{'\\ud800':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| surrogates in pairs",
        "{'\\udc00\\ud800':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}| surrogates in pairs",
        "{'\\ud83d\\ude00':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}|",
        "[]| a header that begins with '{'",
        "{| expected '\"', found the end of the header",
      })
  void aHeaderIsTakenOrRefusedWithItsReason(String header, @Nullable String reason)
      throws IOException {
    SafeTensorsException e = refused(file(header, 4));
    if (reason == null) {
      assertThat(e).isNull();
    } else {
      assertThat(e).isNotNull().hasMessageContaining(reason).hasMessageContaining("model, byte ");
    }
  }

  @Test
  void spaceMayFollowTheHeaderButNotPrecedeIt() throws IOException {
    String header = "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}";
    assertThat(refused(file(header + " \t\r\n ", 4))).isNull();
    assertThat(refused(file("{\n" + header.substring(1), 4))).isNull();
    assertThat(refused(file(" " + header, 4)))
        .hasMessageContaining("begins with '{', found byte 32");
    assertThat(refused(file("{// text\n" + header.substring(1), 4)))
        .hasMessageContaining("found '/'");
    assertThat(refused(file(header + "\0", 4))).hasMessageContaining("found byte 0");
  }

  @Test
  void theOffsetPointsIntoTheFile() throws IOException {
    String header = "{'a':{'dtype':'U9','shape':[4],'data_offsets':[0,4]}}";
    assertThat(refused(file(header, 4)).offset()).isEqualTo(8 + header.indexOf("'U9'"));
    String second = "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},'a':1}";
    assertThat(refused(file(second, 4)).offset()).isEqualTo(8 + second.lastIndexOf("'a'"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 31, 127})
  void controlCharactersAndBrokenUtf8AreRefused(int control) throws IOException {
    byte[] json = "{\"a_b\":{}}".getBytes(StandardCharsets.UTF_8);
    json[3] = (byte) control;
    SafeTensorsException e = refused(file(json.length, json, 0));
    assertThat(e).hasMessageContaining(control < 32 ? "control characters" : "in the entry");
    json[3] = (byte) 0xC0;
    assertThat(refused(file(json.length, json, 0))).hasMessageContaining("text in UTF-8");
  }

  @Test
  void ranksAboveTheLimitAreRefused() throws IOException {
    String ones = "1" + ",1".repeat(63);
    String header = "{'a':{'dtype':'U8','shape':[%s],'data_offsets':[0,1]}}";
    assertThat(refused(file(header.formatted(ones), 1))).isNull();
    assertThat(refused(file(header.formatted(ones + ",1"), 1)))
        .hasMessageContaining("at most 64 numbers");
  }

  @Test
  void deepNestingCannotExhaustTheStack() throws IOException {
    String deep = "{'a':" + "{'a':".repeat(1_000_000);
    assertThat(refused(file(deep, 0))).hasMessageContaining("found another key");
    assertThat(refused(file("{'__metadata__':" + "[".repeat(1_000_000), 0))).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {3, 4, 100_000_000, 100_000_001, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void lengthsThatTheFileCannotHoldAreRefusedBeforeTheyAllocate(long length) throws IOException {
    assertThat(refused(file(length, "{}".getBytes(StandardCharsets.UTF_8), 0)))
        .hasMessageContaining("a header of at most 2 bytes")
        .hasMessageContaining(Long.toUnsignedString(length));
  }

  @Test
  void headersAboveTheLimitAreRefusedThoughTheFileHoldsThem() throws IOException {
    Path file = folder.resolve("large");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(length.putLong(100_000_001).flip());
      channel.write(ByteBuffer.wrap(new byte[1]), 100_000_100);
    }
    assertThat(refused(file)).hasMessageContaining("at most 100000000 bytes, found 100000001");
  }

  @Test
  void filesWithoutRoomForALengthAreRefused() throws IOException {
    for (int size = 0; size < 8; size++) {
      assertThat(refused(Files.write(folder.resolve("short"), new byte[size])))
          .hasMessageContaining("a file of " + size + " bytes");
    }
    assertThat(refused(Files.write(folder.resolve("short"), new byte[8])))
        .hasMessageContaining("begins with '{', found the end of the header");
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> SafeTensors.map(folder.resolve("absent"), arena))
          .isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  void everyTruncationOfAFileIsRefused() throws IOException {
    Path file = folder.resolve("model");
    SafeTensorsWriter.write(
        file, SafeTensorsTest.manyTensors().subList(0, 6), Map.of("key", "value"));
    byte[] whole = Files.readAllBytes(file);
    for (int size = 0; size < whole.length; size++) {
      Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, size));
      assertThat(refused(cut)).as("cut to %d", size).isNotNull();
    }
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    assertThat(refused(Files.write(folder.resolve("longer"), longer))).isNotNull();
  }

  @Test
  void damagedBytesOnlyEverGiveTheExceptionOrAValidFile() throws IOException {
    long seed = Long.getLong("retrograde.test.seed", System.nanoTime());
    Random random = new Random(seed);
    Path file = folder.resolve("model");
    SafeTensorsWriter.write(
        file, SafeTensorsTest.manyTensors().subList(0, 8), Map.of("key", "value"));
    byte[] whole = Files.readAllBytes(file);
    byte[] spice = "0123456789{}[],:\"\\u-+.eE \n\0".getBytes(StandardCharsets.UTF_8);
    int refused = 0;
    for (int round = 0; round < 5_000; round++) {
      byte[] damaged = whole.clone();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        int at = random.nextInt(random.nextInt(4) == 0 ? 9 : damaged.length);
        damaged[at] =
            random.nextBoolean() ? spice[random.nextInt(spice.length)] : (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try (Arena arena = Arena.ofConfined()) {
        for (Tensor tensor : SafeTensors.map(file, arena).tensors().values()) {
          assertThat(tensor.hashCode()).isEqualTo(tensor.hashCode());
          assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE)).isNotNull();
        }
      } catch (SafeTensorsException e) {
        refused++;
      } catch (Throwable e) {
        throw new AssertionError(
            "round %d; repeat with: ./mvnw verify -pl io -am -Dtest=MalformedFilesTest -Dretrograde.test.seed=%d"
                .formatted(round, seed),
            e);
      }
    }
    assertThat(refused).isBetween(1_000, 4_999);
  }
}
