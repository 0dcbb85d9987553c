package dev.retrograde.io.safetensors;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Parses the JSON of a header, and only the JSON that a header may be: one object, whose entries
/// are tensors (`dtype`, `shape`, `data_offsets`, each once and nothing else) or `__metadata__` (an
/// object of strings).
///
/// General parsers keep the last of two equal keys, take `1e3` or `-0` for an integer, or recurse
/// as deep as the input says. Here duplicates are refused, a number is digits without a leading
/// zero, text is well-formed UTF-8, and nothing recurses.
final class HeaderParser {
  private static final long FIRST_BYTE = 8;
  private static final int LARGEST_RANK = 64;

  private final Path file;
  private final byte[] json;
  private int at;

  private HeaderParser(Path file, byte[] json) {
    this.file = file;
    this.json = json;
  }

  static Header parse(Path file, byte[] json) {
    return new HeaderParser(file, json).header();
  }

  private Header header() {
    if (json.length == 0 || json[0] != '{') {
      throw wrong(0, "a header that begins with '{'", describe(0));
    }
    SortedMap<String, String> metadata = new TreeMap<>();
    List<Header.Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    at = 1;
    boolean more = !accept('}');
    while (more) {
      int start = at;
      String name = key(names);
      if (name.equals(Header.METADATA)) {
        metadata(metadata);
      } else {
        entries.add(entry(start, name));
      }
      more = another('}');
    }
    space();
    if (at < json.length) {
      throw wrong(at, "spaces after the header's object", describe(at));
    }
    return new Header(metadata, entries);
  }

  private void metadata(SortedMap<String, String> into) {
    Set<String> names = new HashSet<>();
    expect('{');
    boolean more = !accept('}');
    while (more) {
      String name = key(names);
      into.put(name, string());
      more = another('}');
    }
  }

  private Header.Entry entry(int start, String name) {
    Set<String> keys = new HashSet<>();
    ElementType type = null;
    long[] shape = null;
    long[] offsets = null;
    expect('{');
    boolean more = !accept('}');
    while (more) {
      int keyAt = at;
      switch (key(keys)) {
        case "dtype" -> type = elementType();
        case "shape" -> shape = integers(LARGEST_RANK);
        case "data_offsets" -> offsets = offsets();
        default ->
            throw wrong(
                keyAt, "dtype, shape or data_offsets in the entry '" + name + "'", "another key");
      }
      more = another('}');
    }
    long[] extent = needed(offsets, start, name, "data_offsets");
    return new Header.Entry(
        FIRST_BYTE + start,
        name,
        needed(type, start, name, "dtype"),
        needed(shape, start, name, "shape"),
        extent[0],
        extent[1]);
  }

  private <T> T needed(@Nullable T value, int start, String name, String key) {
    if (value == null) {
      throw wrong(start, key + " in the entry '" + name + "'", "none");
    }
    return value;
  }

  private ElementType elementType() {
    space();
    int start = at;
    String name = string();
    return ElementType.named(name)
        .orElseThrow(() ->
            new SafeTensorsException(
                file,
                FIRST_BYTE + start,
                "a dtype out of " + Arrays.toString(ElementType.values()),
                "'" + name + "'",
                "Convert the tensor with the program that wrote it."));
  }

  private long[] offsets() {
    int start = at;
    long[] pair = integers(2);
    if (pair.length != 2 || pair[0] > pair[1]) {
      throw wrong(start, "two offsets, begin before end", Arrays.toString(pair));
    }
    return pair;
  }

  private long[] integers(int most) {
    int start = at;
    long[] values = new long[8];
    int count = 0;
    expect('[');
    boolean more = !accept(']');
    while (more) {
      if (count == most) {
        throw wrong(start, "at most " + most + " numbers", "more");
      }
      if (count == values.length) {
        values = Arrays.copyOf(values, most);
      }
      values[count++] = integer();
      more = another(']');
    }
    return Arrays.copyOf(values, count);
  }

  private long integer() {
    space();
    int start = at;
    long value = 0;
    while (at < json.length && json[at] >= '0' && json[at] <= '9') {
      int digit = json[at++] - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        throw wrong(start, "an integer below 2^63", "a larger one");
      }
      value = value * 10 + digit;
    }
    if (at == start || (json[start] == '0' && at > start + 1)) {
      throw wrong(start, "an integer of at least 0 without leading zeros", describe(start));
    }
    return value;
  }

  /// A key that is not in `seen` yet, and the colon after it.
  private String key(Set<String> seen) {
    space();
    int start = at;
    String name = string();
    if (!seen.add(name)) {
      throw wrong(start, "each key once", "a second '" + name + "'");
    }
    expect(':');
    return name;
  }

  private String string() {
    expect('"');
    StringBuilder text = new StringBuilder();
    int start = at;
    int run = at;
    while (true) {
      if (at == json.length) {
        throw wrong(start, "the end of a text", "the end of the header");
      }
      byte b = json[at];
      if (b == '"') {
        text.append(utf8(run, at++));
        break;
      }
      if (b >= 0 && b < ' ') {
        throw wrong(at, "text without control characters", describe(at));
      }
      if (b == '\\') {
        text.append(utf8(run, at++));
        text.append(escape());
        run = at;
      } else {
        at++;
      }
    }
    checkSurrogates(text, start);
    return text.toString();
  }

  private String utf8(int from, int to) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(json, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw wrong(from, "text in UTF-8", "other bytes");
    }
  }

  private char escape() {
    int start = at - 1;
    int letter = at < json.length ? json[at++] : -1;
    return switch (letter) {
      case '"', '\\', '/' -> (char) letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int value = 0;
        for (int i = 0; i < 4; i++) {
          int digit = at < json.length ? hex(json[at++]) : -1;
          if (digit < 0) {
            throw wrong(start, "four hexadecimal digits after \\u", "others");
          }
          value = value << 4 | digit;
        }
        yield (char) value;
      }
      default -> throw wrong(start, "an escape that JSON knows", describe(start + 1));
    };
  }

  private static int hex(byte b) {
    return b < 0 ? -1 : b > 'f' ? -1 : Character.digit((char) b, 16);
  }

  private void checkSurrogates(CharSequence text, int start) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw wrong(start, "surrogates in pairs", "a single one");
      }
    }
  }

  /// After a value: true at a comma, false at the closing character.
  private boolean another(char close) {
    if (accept(',')) {
      return true;
    }
    expect(close);
    return false;
  }

  private boolean accept(char wanted) {
    space();
    if (at < json.length && json[at] == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw wrong(at, "'" + wanted + "'", describe(at));
    }
  }

  private void space() {
    while (at < json.length
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
  }

  private String describe(int position) {
    if (position >= json.length) {
      return "the end of the header";
    }
    int b = json[position] & 0xFF;
    return b > ' ' && b < 127 ? "'" + (char) b + "'" : "byte " + b;
  }

  private SafeTensorsException wrong(int position, String expected, String found) {
    return new SafeTensorsException(
        file,
        FIRST_BYTE + position,
        expected,
        found,
        "The file is damaged or no safetensors file: fetch or write it again.");
  }
}
