package dev.retrograde.train;

import dev.retrograde.data.ImageShape;
import dev.retrograde.data.load.Normalization;
import dev.retrograde.train.ModelCard.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Model cards as JSON, written field by field so that the format is what this file says.
final class CardJson {
  private static final int SCHEMA = 2;
  private static final String IMAGES = "images";
  private static final String TEXT = "text";
  private static final String TREES = "trees";
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private CardJson() {}

  static String write(ModelCard c) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("schema", SCHEMA);
    root.put("model", c.model());
    input(root, c.input());
    ArrayNode names = root.putArray("classes");
    c.classNames().forEach(names::add);
    root.put("seed", c.seed());
    Settings s = c.settings();
    ObjectNode settings = root.putObject("settings");
    settings.put("data", s.data());
    settings.put("loss", s.loss());
    settings.put("optimizer", s.optimizer());
    settings.put("schedule", s.schedule());
    settings.put("backward", s.backward());
    settings.put("target", s.target());
    settings.put("batch", s.batch());
    settings.put("epochs", s.epochs());
    settings.put("steps", s.steps());
    ArrayNode augmentations = settings.putArray("augmentations");
    s.augmentations().forEach(augmentations::add);
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private static void input(ObjectNode root, ModelCard.Input input) {
    switch (input) {
      case ModelCard.Images i -> {
        root.put("input", IMAGES);
        ArrayNode shape = root.putArray("shape");
        shape.add(i.shape().height()).add(i.shape().width()).add(i.shape().channels());
        ObjectNode norm = root.putObject("normalization");
        ArrayNode mean = norm.putArray("mean");
        i.normalization().mean().forEach(mean::add);
        ArrayNode deviation = norm.putArray("deviation");
        i.normalization().deviation().forEach(deviation::add);
      }
      case ModelCard.Text t -> {
        root.put("input", TEXT);
        root.put("length", t.length());
      }
      case ModelCard.Trees t -> {
        root.put("input", TREES);
        root.put("room", t.room());
        root.put("symbols", t.symbols());
      }
    }
  }

  static ModelCard read(Path file, String json) {
    try {
      return new Reader(file).card(MAPPER.readTree(json));
    } catch (JacksonException e) {
      throw new ModelException(
          file, "JSON", String.valueOf(e.getOriginalMessage()), Reader.CURE, e);
    } catch (IllegalArgumentException e) {
      throw new ModelException(
          file, "values that make sense", String.valueOf(e.getMessage()), Reader.CURE, e);
    }
  }

  private record Reader(Path file) {
    static final String CURE =
        "The folder is damaged or not from this version: train or copy again.";

    ModelCard card(JsonNode root) {
      int schema = field(root, "schema", JsonNode::isInt).intValue();
      if (schema != SCHEMA) {
        throw new ModelException(file, "schema " + SCHEMA, "schema " + schema, CURE, null);
      }
      JsonNode s = field(root, "settings", JsonNode::isObject);
      return new ModelCard(
          text(root, "model"),
          input(root),
          list(root, "classes", JsonNode::isString, JsonNode::stringValue),
          field(root, "seed", JsonNode::isIntegralNumber).longValue(),
          new Settings(
              text(s, "data"),
              text(s, "loss"),
              text(s, "optimizer"),
              text(s, "schedule"),
              text(s, "backward"),
              text(s, "target"),
              field(s, "batch", JsonNode::isInt).intValue(),
              field(s, "epochs", JsonNode::isInt).intValue(),
              field(s, "steps", JsonNode::isIntegralNumber).longValue(),
              list(s, "augmentations", JsonNode::isString, JsonNode::stringValue)));
    }

    private ModelCard.Input input(JsonNode root) {
      String kind = text(root, "input");
      return switch (kind) {
        case IMAGES -> images(root);
        case TEXT -> new ModelCard.Text(field(root, "length", JsonNode::isInt).intValue());
        case TREES ->
            new ModelCard.Trees(
                field(root, "room", JsonNode::isInt).intValue(),
                field(root, "symbols", JsonNode::isInt).intValue());
        default ->
            throw new ModelException(
                file, "input " + IMAGES + ", " + TEXT + " or " + TREES, kind, CURE, null);
      };
    }

    private ModelCard.Images images(JsonNode root) {
      List<Integer> shape = list(root, "shape", JsonNode::isInt, JsonNode::intValue);
      if (shape.size() != 3) {
        throw new ModelException(file, "three extents in 'shape'", shape.toString(), CURE, null);
      }
      JsonNode norm = field(root, "normalization", JsonNode::isObject);
      return new ModelCard.Images(
          new ImageShape(shape.get(0), shape.get(1), shape.get(2)),
          new Normalization(
              list(norm, "mean", JsonNode::isNumber, JsonNode::doubleValue),
              list(norm, "deviation", JsonNode::isNumber, JsonNode::doubleValue)));
    }

    private String text(JsonNode in, String name) {
      return field(in, name, JsonNode::isString).stringValue();
    }

    private <T> List<T> list(
        JsonNode in, String name, Function<JsonNode, Boolean> fits, Function<JsonNode, T> value) {
      List<T> out = new ArrayList<>();
      for (JsonNode n : field(in, name, JsonNode::isArray)) {
        if (!fits.apply(n)) {
          throw new ModelException(
              file, "elements of one kind in '" + name + "'", n.toString(), CURE, null);
        }
        out.add(value.apply(n));
      }
      return out;
    }

    private JsonNode field(JsonNode in, String name, Function<JsonNode, Boolean> fits) {
      JsonNode n = in.get(name);
      if (n == null || !fits.apply(n)) {
        throw new ModelException(
            file,
            "a field '" + name + "' of its kind",
            n == null ? "none" : n.toString(),
            CURE,
            null);
      }
      return n;
    }
  }
}
