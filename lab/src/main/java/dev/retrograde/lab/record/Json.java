package dev.retrograde.lab.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON as the project writes it: trees, in the order in which fields were put, numbers that are
/// not finite as null.
public final class Json {
  private Json() {}

  /// An empty object.
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /// Puts a number; null if it is not finite.
  public static void put(ObjectNode target, String field, double value) {
    if (Double.isFinite(value)) {
      target.put(field, value);
    } else {
      target.putNull(field);
    }
  }

  /// Puts a list of numbers; null in place of each that is not finite.
  public static void put(ObjectNode target, String field, Collection<Double> values) {
    ArrayNode list = target.putArray(field);
    for (double value : values) {
      if (Double.isFinite(value)) {
        list.add(value);
      } else {
        list.addNull();
      }
    }
  }

  /// Text, numbers, truth values, lists and maps of them as a tree; anything else as its text.
  public static JsonNode tree(@Nullable Object value) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    return switch (value) {
      case null -> make.nullNode();
      case JsonNode node -> node;
      case Boolean b -> make.booleanNode(b);
      case Integer i -> make.numberNode(i);
      case Long l -> make.numberNode(l);
      case Number n ->
          Double.isFinite(n.doubleValue()) ? make.numberNode(n.doubleValue()) : make.nullNode();
      case Collection<?> all -> {
        ArrayNode list = make.arrayNode();
        all.forEach(each -> list.add(tree(each)));
        yield list;
      }
      case Map<?, ?> map -> {
        ObjectNode object = make.objectNode();
        map.forEach((k, v) -> object.set(String.valueOf(k), tree(v)));
        yield object;
      }
      default -> make.stringNode(value.toString());
    };
  }

  /// The tree as indented text, ending with a line feed.
  public static String text(JsonNode tree) {
    DefaultIndenter indent = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(indent);
    return JsonMapper.shared().writer().with(printer).writeValueAsString(tree) + "\n";
  }

  /// Reads a tree.
  public static JsonNode parse(String text) {
    return JsonMapper.shared().readTree(text);
  }

  /// Writes the tree to a file, making its folder.
  public static void write(Path file, JsonNode tree) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, text(tree));
  }
}
