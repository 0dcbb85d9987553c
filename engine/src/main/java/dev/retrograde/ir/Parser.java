package dev.retrograde.ir;

import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads the text form that [Printer] writes. Values keep their numbers, so that printing gives the
/// same text again. Whether the program is well formed beyond its syntax is [Verifier]'s business.
public final class Parser {
  private final Scanner in;
  private final AttributeParser attributes;
  private final Map<Integer, Value> values = new HashMap<>();

  private Parser(
      String text,
      Map<String, ControlOp.Callback> boxes,
      Map<String, KernelOp.Definition> kernels) {
    in = new Scanner(text);
    attributes = new AttributeParser(in, this::value, boxes, kernels, functions());
  }

  /// @throws SyntaxException saying where and why this is no program
  public static Program parse(String text) {
    return parse(text, Map.of());
  }

  /// The same for a program that calls Java code.
  ///
  /// @param boxes the code behind each `Foreign`, by its name
  public static Program parse(String text, Map<String, ControlOp.Callback> boxes) {
    return parse(text, boxes, List.of());
  }

  /// The same for a program with kernels of a user's own.
  ///
  /// @param kernels definitions that `Kernel`s may name
  public static Program parse(
      String text, Map<String, ControlOp.Callback> boxes, List<KernelOp.Definition> kernels) {
    Map<String, KernelOp.Definition> named = new TreeMap<>();
    for (KernelOp.Definition k : kernels) {
      if (named.put(k.name(), k) != null) {
        throw new IllegalArgumentException("two definitions are called '" + k.name() + "'");
      }
    }
    return new Parser(text, boxes, named).program();
  }

  private Program program() {
    in.expect("program");
    String name = in.string();
    in.expect("{");
    List<Program.StateParam> state = new ArrayList<>();
    List<Program.Named> inputs = new ArrayList<>();
    Map<String, Block> functions = new LinkedHashMap<>();
    List<Node> nodes = new ArrayList<>();
    List<Program.Named> outputs = new ArrayList<>();
    List<Program.Update> updates = new ArrayList<>();
    while (!in.accept("}")) {
      if (in.accept("state")) {
        Value v = definition();
        state.add(new Program.StateParam((StateEntry) attributes.parse(StateEntry.class), v));
      } else if (in.accept("input")) {
        String input = in.string();
        inputs.add(new Program.Named(input, definition()));
      } else if (in.accept("function")) {
        int place = in.place();
        String function = in.string();
        if (functions.put(function, block()) != null) {
          throw in.fail(place, "function '" + function + "' is there already");
        }
      } else if (in.accept("output")) {
        String output = in.string();
        outputs.add(new Program.Named(output, use()));
      } else if (in.accept("update")) {
        String entry = in.string();
        Value v = use();
        updates.add(new Program.Update(entry, v, in.accept("rows") ? use() : null));
      } else if (in.atEnd()) {
        in.expect("}");
      } else {
        nodes.add(node());
      }
    }
    if (!in.atEnd()) {
      throw in.fail(in.place(), "the program has ended, but more text follows");
    }
    return new Program(name, state, inputs, nodes, outputs, updates, functions);
  }

  private Node node() {
    // Results are entered only after the attributes, which cannot name them.
    List<Integer> ids = new ArrayList<>();
    List<Type> types = new ArrayList<>();
    int place = in.place();
    while (!in.sees("=")) {
      in.expect("%");
      ids.add(in.small());
      in.expect(":");
      types.add(attributes.type());
      if (!in.accept(",")) {
        break;
      }
    }
    in.expect("=");
    Op op = attributes.op();
    List<Value> operands = new ArrayList<>();
    while (in.seesUse()) {
      operands.add(use());
    }
    Origin origin = origin();
    List<Block> blocks = new ArrayList<>();
    while (in.sees("(")) {
      blocks.add(block());
    }
    List<Value> results = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      results.add(define(place, ids.get(i), types.get(i)));
    }
    return new Node(op, operands, results, blocks, origin);
  }

  private Origin origin() {
    String path = in.accept("@") ? in.string() : "";
    String line = in.accept("line") ? in.string() : "";
    Origin.Phase phase = Origin.Phase.FORWARD;
    if (in.accept("phase")) {
      int place = in.place();
      String word = in.word();
      try {
        phase = Origin.Phase.valueOf(word.toUpperCase(java.util.Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw in.fail(place, "expected forward, backward or update, found '" + word + "'");
      }
    }
    return new Origin(path, line, phase, in.accept("epoch") ? in.small() : 0);
  }

  private Block block() {
    List<Value> params = new ArrayList<>();
    List<Node> nodes = new ArrayList<>();
    in.expect("(");
    while (!in.accept(")")) {
      params.add(definition());
      if (!in.accept(",")) {
        in.expect(")");
        break;
      }
    }
    in.expect("{");
    while (!in.accept("return")) {
      if (in.atEnd()) {
        in.expect("return");
      }
      nodes.add(node());
    }
    List<Value> results = new ArrayList<>();
    while (in.seesUse()) {
      results.add(use());
    }
    in.expect("}");
    return new Block(params, nodes, results);
  }

  private Value definition() {
    int place = in.place();
    in.expect("%");
    int id = in.small();
    in.expect(":");
    return define(place, id, attributes.type());
  }

  private Value define(int place, int id, Type type) {
    Value v = new Value(id, type);
    if (values.put(id, v) != null) {
      throw in.fail(place, v + " is made twice");
    }
    return v;
  }

  private Value use() {
    int place = in.place();
    in.expect("%");
    return value(place, in.small());
  }

  private Value value(int place, int id) {
    Value v = values.get(id);
    if (v == null) {
      throw in.fail(place, "%" + id + " is not made before");
    }
    return v;
  }

  /// The scalar functions by name.
  private static Map<String, ScalarFn> functions() {
    Map<String, ScalarFn> out = new HashMap<>();
    for (ScalarFn.Primitive p : ScalarFn.Primitive.values()) {
      out.put(p.text(), p);
    }
    Functions.STANDARD.forEach(d -> out.put(d.text(), d));
    return out;
  }
}
