package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The text form of programs, read back by [Parser].
///
/// ```
/// program "step" {
///   state %0:f32[784,10] StateEntry{name="fc1.weight", type=f32[784,10], role=PARAMETER, ...}
///   input "x" %1:f32[64,784]
///   %2:f32[64,10] = Contract{leftBatch=[], ...} %1 %0 @"fc1" line "Model.java:41"
///   %3:f32[] = If %4 () {
///     return %5
///   } () { ... }
///   output "logits" %2
///   update "fc1.weight" %6 rows %7
/// }
/// ```
///
/// An extent of run-time size is `64?%9`: capacity, then count. Attributes are printed by record
/// component, so a new op needs nothing here.
public final class Printer {
  private final StringBuilder out = new StringBuilder();

  private Printer() {}

  public static String print(Program p) {
    Printer w = new Printer();
    w.program(p);
    return w.out.toString();
  }

  /// One node, with its blocks.
  public static String print(Node n) {
    Printer w = new Printer();
    w.node(n, "");
    return w.out.toString().stripTrailing();
  }

  private void program(Program p) {
    out.append("program ").append(quoted(p.name())).append(" {\n");
    for (Program.StateParam s : p.state()) {
      out.append("  state ").append(typed(s.value())).append(' ');
      out.append(attribute(s.entry(), null)).append('\n');
    }
    for (Program.Named i : p.inputs()) {
      out.append("  input ").append(quoted(i.name())).append(' ').append(typed(i.value()));
      out.append('\n');
    }
    new TreeMap<>(p.functions())
        .forEach((name, b) -> {
          out.append("  function ").append(quoted(name)).append(' ');
          block(b, "  ");
          out.append('\n');
        });
    p.nodes().forEach(n -> node(n, "  "));
    for (Program.Named o : p.outputs()) {
      out.append("  output ").append(quoted(o.name())).append(' ').append(o.value()).append('\n');
    }
    for (Program.Update u : p.updates()) {
      out.append("  update ").append(quoted(u.entry())).append(' ').append(u.value());
      out.append(u.rows() == null ? "" : " rows " + u.rows()).append('\n');
    }
    out.append("}\n");
  }

  private void node(Node n, String indent) {
    out.append(indent);
    out.append(n.results().stream().map(Printer::typed).collect(Collectors.joining(", ")));
    DType d = n.results().isEmpty() ? null : n.results().get(0).type().dtype();
    out.append(n.results().isEmpty() ? "= " : " = ").append(attribute(n.op(), d));
    n.operands().forEach(o -> out.append(' ').append(o));
    Origin o = n.origin();
    if (!o.path().isEmpty()) {
      out.append(" @").append(quoted(o.path()));
    }
    if (!o.line().isEmpty()) {
      out.append(" line ").append(quoted(o.line()));
    }
    if (o.phase() != Origin.Phase.FORWARD) {
      out.append(" phase ").append(o.phase().name().toLowerCase(java.util.Locale.ROOT));
    }
    if (o.epoch() != 0) {
      out.append(" epoch ").append(o.epoch());
    }
    for (Block b : n.blocks()) {
      out.append(' ');
      block(b, indent);
    }
    out.append('\n');
  }

  private void block(Block b, String indent) {
    out.append('(');
    out.append(b.params().stream().map(Printer::typed).collect(Collectors.joining(", ")));
    out.append(") {\n");
    b.nodes().forEach(n -> node(n, indent + "  "));
    out.append(indent).append("  return");
    b.results().forEach(r -> out.append(' ').append(r));
    out.append('\n').append(indent).append('}');
  }

  private static String typed(Value v) {
    return v + ":" + v.type();
  }

  /// An attribute; `bits` stands for a number of type `stored` where an op keeps stored bits.
  static String attribute(Object a, @Nullable DType stored) {
    return switch (a) {
      case Type t -> t.toString();
      case Extent e -> e.toString();
      case ScalarCode c -> code(c);
      case HostTensor t -> tensor(t);
      case DType d -> d.text();
      case Enum<?> e -> e.name();
      case String s -> quoted(s);
      case List<?> l ->
          l.stream().map(x -> attribute(x, null)).collect(Collectors.joining(", ", "[", "]"));
      case ControlOp.Callback c -> "java";
      case KernelOp.Definition k -> quoted(k.name());
      case Record r -> record(r, stored);
      default -> a.toString(); // int, long, boolean, double
    };
  }

  private static String record(Record r, @Nullable DType stored) {
    List<String> parts = new ArrayList<>();
    for (RecordComponent c : r.getClass().getRecordComponents()) {
      Object v = Attributes.get(r, c);
      if (v == null) {
        continue;
      }
      String text =
          stored != null && v instanceof Long bits && c.getName().equals("bits")
              ? number(stored, bits)
              : attribute(v, null);
      parts.add(c.getName() + "=" + text);
    }
    String name = r.getClass().getSimpleName();
    return parts.isEmpty() ? name : name + "{" + String.join(", ", parts) + "}";
  }

  /// A number with its type, `f32(0.5)`; by its bits, `f32#7fc00001`, where decimals would lose
  /// some.
  static String number(DType d, long bits) {
    if (d.isFloat()) {
      double v = ScalarCode.toDouble(d, bits);
      boolean exact = ScalarCode.bitsOf(d, Double.isNaN(v) ? Double.NaN : v) == bits;
      return exact ? d.text() + "(" + decimal(d, v) + ")" : d.text() + "#" + Long.toHexString(bits);
    }
    return d.text() + "(" + bits + ")";
  }

  private static String decimal(DType d, double v) {
    return d == DType.F64 ? Double.toString(v) : Float.toString((float) v);
  }

  private static String tensor(HostTensor t) {
    StringBuilder s = new StringBuilder("tensor ").append(t.type()).append(" (");
    for (int i = 0; i < t.size(); i++) {
      String n = number(t.dtype(), t.bits(i));
      boolean plain = n.endsWith(")");
      s.append(i == 0 ? "" : " ");
      s.append(
          plain ? n.substring(n.indexOf('(') + 1, n.length() - 1) : n.substring(n.indexOf('#')));
    }
    return s.append(")").toString();
  }

  /// Straight-line code: `(f32, f32) {$0 = arg 0; $1 = arg 1; $2 = add $0 $1; return $2}`.
  private static String code(ScalarCode c) {
    StringBuilder s = new StringBuilder();
    s.append(c.params().stream().map(DType::text).collect(Collectors.joining(", ", "(", ") {")));
    for (int i = 0; i < c.instrs().size(); i++) {
      s.append('$').append(i).append(" = ");
      s.append(
          switch (c.instrs().get(i)) {
            case ScalarCode.Arg a -> "arg " + a.index();
            case ScalarCode.Const k -> number(k.dtype(), k.bits());
            case ScalarCode.Cast k -> "cast " + k.dtype().text() + " $" + k.arg();
            case ScalarCode.Apply a ->
                a.fn().text() + a.args().stream().map(x -> " $" + x).collect(Collectors.joining());
          });
      s.append("; ");
    }
    s.append("return");
    c.results().forEach(r -> s.append(" $").append(r));
    return s.append('}').toString();
  }

  static String quoted(String s) {
    return '"'
        + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t")
        + '"';
  }
}
