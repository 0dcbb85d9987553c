package dev.retrograde.nn;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a model consists of: its layers in order, with the type that each gives, counted in the
/// traced program.
///
/// @param rows one a layer path
/// @param entries parameters and statistics by their dotted names
public record Summary(List<Row> rows, List<StateEntry> entries) {
  public Summary {
    rows = List.copyOf(rows);
    entries = List.copyOf(entries);
  }

  /// @param path of the layer, such as `stage1/block0/conv1`
  /// @param output what its last node gives
  /// @param parameters trainable numbers that it declares
  /// @param macs multiply-adds of one application
  public record Row(String path, Type output, long parameters, long macs) {}

  /// Traces the model on an input of this type, as for evaluation.
  public static Summary of(Layer model, Type input) {
    Program p =
        Trace.program("summary", false, t -> t.output("y", model.apply(t, t.input("x", input))));
    Map<String, Row> rows = new LinkedHashMap<>();
    for (Node n : p.nodes()) {
      List<Type> in = n.operands().stream().map(Value::type).toList();
      List<Type> out = n.results().stream().map(Value::type).toList();
      long macs = n.op().macs(in, out);
      String path = n.origin().path();
      rows.merge(
          path,
          new Row(path, out.get(0), 0, macs),
          (a, b) -> new Row(path, b.output(), 0, a.macs() + macs));
    }
    List<StateEntry> entries = p.state().stream().map(Program.StateParam::entry).toList();
    for (StateEntry e : entries) {
      if (e.role() == Role.PARAMETER) {
        int dot = e.name().lastIndexOf('.');
        String path = dot < 0 ? "" : e.name().substring(0, dot).replace('.', '/');
        rows.computeIfPresent(
            path, (k, r) -> new Row(path, r.output(), r.parameters() + e.type().size(), r.macs()));
      }
    }
    return new Summary(new ArrayList<>(rows.values()), entries);
  }

  /// Trainable numbers in all.
  public long parameters() {
    return entries.stream()
        .filter(e -> e.role() == Role.PARAMETER)
        .mapToLong(e -> e.type().size())
        .sum();
  }

  /// Multiply-adds of one evaluation.
  public long macs() {
    return rows.stream().mapToLong(Row::macs).sum();
  }

  /// The table as text, one line a layer, a line of sums at the end.
  public String table() {
    int wide = 5;
    int typeWide = 6;
    for (Row r : rows) {
      wide = Math.max(wide, r.path().length());
      typeWide = Math.max(typeWide, r.output().toString().length());
    }
    String line = "%-" + wide + "s  %-" + typeWide + "s  %12s  %14s%n";
    StringBuilder s = new StringBuilder();
    s.append(String.format(Locale.ROOT, line, "layer", "output", "parameters", "multiply-adds"));
    for (Row r : rows) {
      s.append(
          String.format(
              Locale.ROOT, line, r.path(), r.output(), count(r.parameters()), count(r.macs())));
    }
    s.append(String.format(Locale.ROOT, line, "total", "", count(parameters()), count(macs())));
    return s.toString();
  }

  private static String count(long n) {
    return n == 0 ? "-" : String.format(Locale.ROOT, "%,d", n);
  }
}
