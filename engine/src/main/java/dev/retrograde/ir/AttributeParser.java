package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads attributes by the types of record components: the other half of [Printer#attribute].
final class AttributeParser {
  /// Finds the value that a number names.
  interface Values {
    Value find(int place, int id);
  }

  private final Scanner in;
  private final Values values;
  private final Map<String, ControlOp.Callback> boxes;
  private final Map<String, KernelOp.Definition> kernels;
  private final Map<String, ScalarFn> functions;
  private final Map<String, Class<? extends Record>> ops = new TreeMap<>();

  AttributeParser(
      Scanner in,
      Values values,
      Map<String, ControlOp.Callback> boxes,
      Map<String, KernelOp.Definition> kernels,
      Map<String, ScalarFn> functions) {
    this.in = in;
    this.values = values;
    this.boxes = boxes;
    this.kernels = kernels;
    this.functions = functions;
    records(Op.class, ops);
  }

  /// The records of a sealed family, by simple name.
  private static void records(Class<?> family, Map<String, Class<? extends Record>> into) {
    if (family.isRecord()) {
      into.put(family.getSimpleName(), family.asSubclass(Record.class));
    } else if (family.isSealed()) {
      for (Class<?> c : family.getPermittedSubclasses()) {
        records(c, into);
      }
    }
  }

  Op op() {
    return (Op) record(ops);
  }

  /// An attribute of this type.
  Object parse(java.lang.reflect.Type type) {
    if (type instanceof ParameterizedType p && p.getRawType() == List.class) {
      return list(p.getActualTypeArguments()[0]);
    }
    Class<?> c = (Class<?>) type;
    if (c == int.class || c == Integer.class) {
      return in.small();
    } else if (c == long.class) {
      return bits();
    } else if (c == double.class) {
      return real();
    } else if (c == boolean.class) {
      return choice(Map.of("true", true, "false", false));
    } else if (c == String.class) {
      return in.string();
    } else if (c == DType.class) {
      return dtype();
    } else if (c.isEnum()) {
      Map<String, Object> names = new TreeMap<>();
      Arrays.stream(c.getEnumConstants()).forEach(e -> names.put(((Enum<?>) e).name(), e));
      return choice(names);
    } else if (c == Type.class) {
      return type();
    } else if (c == Extent.class) {
      return extent();
    } else if (c == ScalarCode.class) {
      return code();
    } else if (c == HostTensor.class) {
      return tensor();
    } else if (c == KernelOp.Definition.class) {
      return kernel();
    } else if (c == ControlOp.Callback.class) {
      in.expect("java");
      return (ControlOp.Callback)
          x -> {
            throw new AssertionError("a placeholder until the box's name is known");
          };
    }
    Map<String, Class<? extends Record>> records = new TreeMap<>();
    records(c, records);
    return record(records);
  }

  private List<Object> list(java.lang.reflect.Type element) {
    List<Object> out = new ArrayList<>();
    in.expect("[");
    while (!in.accept("]")) {
      out.add(parse(element));
      if (!in.accept(",")) {
        in.expect("]");
        break;
      }
    }
    return out;
  }

  private Object choice(Map<String, ?> names) {
    int place = in.place();
    String word = in.word();
    Object found = names.get(word);
    if (found == null) {
      throw in.fail(place, "expected one of " + names.keySet() + ", found '" + word + "'");
    }
    return found;
  }

  private Record record(Map<String, Class<? extends Record>> named) {
    int place = in.place();
    String name = in.word();
    Class<? extends Record> type = named.get(name);
    if (type == null) {
      throw in.fail(place, "expected one of " + named.keySet() + ", found '" + name + "'");
    }
    Map<String, Object> given = new HashMap<>();
    if (in.accept("{")) {
      while (!in.accept("}")) {
        int at = in.place();
        String key = in.word();
        in.expect("=");
        RecordComponent c =
            Arrays.stream(type.getRecordComponents())
                .filter(x -> x.getName().equals(key))
                .findFirst()
                .orElseThrow(() -> in.fail(at, name + " has no attribute '" + key + "'"));
        if (given.put(key, parse(c.getGenericType())) != null) {
          throw in.fail(at, "attribute '" + key + "' is given twice");
        }
        if (!in.accept(",")) {
          in.expect("}");
          break;
        }
      }
    }
    List<@Nullable Object> all = new ArrayList<>();
    for (RecordComponent c : type.getRecordComponents()) {
      Object v = given.get(c.getName());
      if (v == null && !c.isAnnotationPresent(OptionalAttribute.class)) {
        throw in.fail(place, name + " lacks its attribute '" + c.getName() + "'");
      }
      all.add(v);
    }
    try {
      return boxed(place, Attributes.make(type, all));
    } catch (SyntaxException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw in.fail(place, String.valueOf(e.getMessage()));
    }
  }

  /// Puts the Java code that a box's name stands for.
  private Record boxed(int place, Record r) {
    if (!(r instanceof ControlOp.Foreign f)) {
      return r;
    }
    ControlOp.Callback code = boxes.get(f.box());
    if (code == null) {
      throw in.fail(
          place, "no Java code is given for box '" + f.box() + "', only for " + boxes.keySet());
    }
    return new ControlOp.Foreign(f.box(), code, f.ordered(), f.types());
  }

  private KernelOp.Definition kernel() {
    int place = in.place();
    String name = in.string();
    KernelOp.Definition found = kernels.get(name);
    if (found == null) {
      throw in.fail(
          place, "no definition is given for kernel '" + name + "', only for " + kernels.keySet());
    }
    return found;
  }

  Type type() {
    DType d = dtype();
    List<Extent> extents = new ArrayList<>();
    in.expect("[");
    while (!in.accept("]")) {
      extents.add(extent());
      if (!in.accept(",")) {
        in.expect("]");
        break;
      }
    }
    return new Type(d, extents);
  }

  private Extent extent() {
    int place = in.place();
    int n = in.small();
    if (n < 0) {
      throw in.fail(place, "an extent is at least 0, found " + n);
    }
    if (!in.accept("?")) {
      return Extent.of(n);
    }
    int count = in.place();
    in.expect("%");
    return new Extent.Ragged(n, values.find(count, in.small()));
  }

  private DType dtype() {
    int place = in.place();
    String word = in.word();
    try {
      return DType.parse(word);
    } catch (IllegalArgumentException e) {
      throw in.fail(place, String.valueOf(e.getMessage()));
    }
  }

  private double real() {
    int place = in.place();
    String n = in.number();
    try {
      return Double.parseDouble(n);
    } catch (NumberFormatException e) {
      throw in.fail(place, "expected a number, found '" + n + "'");
    }
  }

  /// A whole number, or stored bits as `f32(0.5)` or `f32#7fc00001`.
  private long bits() {
    for (DType d : DType.values()) {
      if (in.sees(d.text())) {
        return number().bits();
      }
    }
    return in.whole();
  }

  private ScalarCode.Const number() {
    DType d = dtype();
    if (in.accept("#")) {
      return new ScalarCode.Const(d, hex());
    }
    in.expect("(");
    long bits = plain(d);
    in.expect(")");
    return new ScalarCode.Const(d, bits);
  }

  private long hex() {
    int place = in.place();
    String n = in.word();
    try {
      return Long.parseUnsignedLong(n, 16);
    } catch (NumberFormatException e) {
      throw in.fail(place, "expected hexadecimal digits, found '" + n + "'");
    }
  }

  private long plain(DType d) {
    if (!d.isFloat()) {
      return in.whole();
    }
    // Decimals of f32 and bf16 are read as floats: reading doubles would round twice.
    int place = in.place();
    String n = in.number();
    try {
      return ScalarCode.bitsOf(d, d == DType.F64 ? Double.parseDouble(n) : Float.parseFloat(n));
    } catch (NumberFormatException e) {
      throw in.fail(place, "expected a number, found '" + n + "'");
    }
  }

  private HostTensor tensor() {
    in.expect("tensor");
    HostTensor t = HostTensor.zeros(type());
    in.expect("(");
    for (int i = 0; i < t.size(); i++) {
      t.setBits(i, in.accept("#") ? hex() : plain(t.dtype()));
    }
    in.expect(")");
    return t;
  }

  private ScalarCode code() {
    List<DType> params = new ArrayList<>();
    in.expect("(");
    while (!in.accept(")")) {
      params.add(dtype());
      if (!in.accept(",")) {
        in.expect(")");
        break;
      }
    }
    in.expect("{");
    List<ScalarCode.Instr> instrs = new ArrayList<>();
    while (!in.accept("return")) {
      int place = in.place();
      in.expect("$");
      if (in.small() != instrs.size()) {
        throw in.fail(place, "expected $" + instrs.size() + ": instructions count up from $0");
      }
      in.expect("=");
      instrs.add(instr(params, instrs));
      in.expect(";");
    }
    List<Integer> results = registers(instrs);
    in.expect("}");
    return new ScalarCode(params, instrs, results);
  }

  private ScalarCode.Instr instr(List<DType> params, List<ScalarCode.Instr> instrs) {
    int place = in.place();
    if (in.accept("arg")) {
      int i = in.small();
      if (i < 0 || i >= params.size()) {
        throw in.fail(place, "there is no parameter " + i + " of " + params.size());
      }
      return new ScalarCode.Arg(i, params.get(i));
    }
    if (in.accept("cast")) {
      DType to = dtype();
      return new ScalarCode.Cast(to, register(instrs));
    }
    for (DType d : DType.values()) {
      if (in.sees(d.text())) {
        return number();
      }
    }
    String name = in.word();
    ScalarFn fn = functions.get(name);
    if (fn == null) {
      throw in.fail(
          place,
          "no scalar function '"
              + name
              + "', known are "
              + new java.util.TreeSet<>(functions.keySet()));
    }
    List<Integer> args = registers(instrs);
    if (args.size() != fn.arity()) {
      throw in.fail(place, name + " takes " + fn.arity() + " operands, found " + args.size());
    }
    try {
      return new ScalarCode.Apply(
          fn, fn.result(args.stream().map(a -> instrs.get(a).dtype()).toList()), args);
    } catch (IllegalArgumentException e) {
      throw in.fail(place, String.valueOf(e.getMessage()));
    }
  }

  private List<Integer> registers(List<ScalarCode.Instr> instrs) {
    List<Integer> out = new ArrayList<>();
    while (in.sees("$")) {
      out.add(register(instrs));
    }
    return out;
  }

  private int register(List<ScalarCode.Instr> instrs) {
    int place = in.place();
    in.expect("$");
    int i = in.small();
    if (i < 0 || i >= instrs.size()) {
      throw in.fail(place, "$" + i + " is not made before");
    }
    return i;
  }
}
