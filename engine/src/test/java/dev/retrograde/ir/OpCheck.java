package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.autodiff.Forward;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Checks one op: forward mode against central differences, reverse mode against forward mode,
/// forward mode of reverse mode against central differences, narrow types against f64, and the text
/// form and the verifier on the programs made for it.
final class OpCheck {
  /// Step of the central differences: rounding of about 1e-11 and truncation of about 1e-10 for
  /// numbers and third derivatives near one.
  private static final double STEP = 1e-5;

  private static final double RELATIVE = 1e-6;

  private final OpRow row;
  private final Random random;

  OpCheck(OpRow row, long seed) {
    this.row = row;
    this.random = new Random(seed);
  }

  /// An op traced with tangents and cotangents as inputs.
  private record Traced(Program program, List<Integer> real, List<Integer> realOut) {}

  private Traced trace(DType d, List<Integer> active) {
    Emit e = new Emit();
    List<Program.Named> inputs = new ArrayList<>();
    List<Program.Named> outputs = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    for (int i = 0; i < row.operands().size(); i++) {
      OpRow.Operand o = row.operands().get(i);
      Value v = e.parameter(o.real() ? o.type().with(d) : o.type());
      operands.add(v);
      inputs.add(new Program.Named("x" + i, v));
    }
    Op op = at(d);
    List<Value> results = e.addAll(op, operands, List.of());
    Node node = e.nodes().get(0);
    List<@Nullable Value> tangents = new ArrayList<>();
    List<Boolean> wanted = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      boolean on = active.contains(i);
      Value t = on ? e.parameter(operands.get(i).type()) : null;
      tangents.add(t);
      wanted.add(on);
      if (t != null) {
        inputs.add(new Program.Named("t" + i, t));
      }
    }
    List<@Nullable Value> cots = new ArrayList<>();
    List<Integer> realOut = new ArrayList<>();
    for (int r = 0; r < results.size(); r++) {
      outputs.add(new Program.Named("y" + r, results.get(r)));
      boolean on = results.get(r).type().dtype().isFloat();
      Value c = on ? e.parameter(results.get(r).type()) : null;
      cots.add(c);
      if (c != null) {
        realOut.add(r);
        inputs.add(new Program.Named("c" + r, c));
      }
    }
    if (!active.isEmpty()) {
      Map<Value, Value> seeds = new HashMap<>();
      active.forEach(i -> seeds.put(operands.get(i), tangents.get(i)));
      if (!realOut.isEmpty()) {
        List<@Nullable Value> back = op.vjp(e, node, cots, wanted);
        assertThat(back).hasSameSizeAs(operands);
        Map<Value, Value> second = Forward.pushforward(e, List.copyOf(e.nodes()), seeds);
        for (int i : active) {
          Value b = back.get(i);
          if (b != null) {
            assertThat(b.type()).isEqualTo(operands.get(i).type());
            outputs.add(new Program.Named("dx" + i, b));
            Value bb = second.get(b);
            if (bb != null) {
              outputs.add(new Program.Named("ddx" + i, bb));
            }
          }
        }
      }
      List<@Nullable Value> forward = op.jvp(e, node, tangents);
      assertThat(forward).hasSameSizeAs(results);
      for (int r = 0; r < results.size(); r++) {
        Value t = forward.get(r);
        if (t != null) {
          assertThat(t.type()).isEqualTo(results.get(r).type());
          outputs.add(new Program.Named("dy" + r, t));
        }
      }
    }
    Program p = new Program("row", List.of(), inputs, e.nodes(), outputs, List.of(), Map.of());
    return new Traced(p, active, realOut);
  }

  /// The op with its attributes in the dtype under test.
  private Op at(DType d) {
    return switch (row.op()) {
      case MoveOp.Pad p -> {
        double value = ScalarCode.toDouble(DType.F64, p.bits());
        yield new MoveOp.Pad(p.low(), p.high(), p.interior(), ScalarCode.bitsOf(d, value));
      }
      case MoveOp.Unslice u -> new MoveOp.Unslice(u.type().with(d), u.strides());
      case MapOp.Map m -> d == DType.F64 ? m : recoded(m, d);
      default -> row.op();
    };
  }

  private static Op recoded(MapOp.Map m, DType d) {
    ScalarCode.Builder b =
        new ScalarCode.Builder(
            m.code().params().stream().map(t -> t == DType.F64 ? d : t).toList());
    List<Integer> at = new ArrayList<>();
    for (ScalarCode.Instr i : m.code().instrs()) {
      at.add(
          switch (i) {
            case ScalarCode.Arg a -> b.arg(a.index());
            case ScalarCode.Const c ->
                c.dtype() == DType.F64 ? b.constant(d, c.value()) : b.bits(c.dtype(), c.bits());
            case ScalarCode.Cast c ->
                b.cast(c.dtype() == DType.F64 ? d : c.dtype(), at.get(c.arg()));
            case ScalarCode.Apply a -> b.apply(a.fn(), a.args().stream().map(at::get).toList());
          });
    }
    return new MapOp.Map(b.build(m.code().results().stream().map(at::get).toList()));
  }

  private HostTensor noise(Type t) {
    return HostTensor.fill(t, i -> 2 * random.nextDouble() - 1);
  }

  /// Everything at once.
  void run() {
    List<Integer> real = new ArrayList<>();
    for (int i = 0; i < row.operands().size(); i++) {
      if (row.operands().get(i).real()) {
        real.add(i);
      }
    }
    Map<String, HostTensor> numbers = new HashMap<>();
    for (int i = 0; i < row.operands().size(); i++) {
      OpRow.Operand o = row.operands().get(i);
      numbers.put("x" + i, o.numbers().draw(o.type(), random));
    }
    derivatives(real, numbers);
    if (real.size() > 1) {
      for (int i : real) {
        derivatives(List.of(i), numbers);
      }
    }
    narrow(DType.F32, 0x1p-23, numbers);
    // Bodies of scalar functions are written for f32 and f64; maps over bf16 cast.
    boolean body = row.op() instanceof MapOp.Map m && m.code().single() instanceof ScalarFn.Defined;
    if (!body) {
      narrow(DType.BF16, 0x1p-8, numbers);
    }
  }

  private void derivatives(List<Integer> active, Map<String, HostTensor> numbers) {
    Traced t = trace(DType.F64, active);
    wellFormed(t.program);
    Map<String, HostTensor> in = new HashMap<>(numbers);
    for (Program.Named n : t.program.inputs()) {
      in.computeIfAbsent(n.name(), k -> noise(n.value().type()));
    }
    Map<String, HostTensor> out = Interpreter.run(t.program, in, Map.of()).outputs();
    if (active.isEmpty()) {
      return;
    }
    Map<String, HostTensor> up = new HashMap<>(in);
    Map<String, HostTensor> down = new HashMap<>(in);
    for (int i : active) {
      HostTensor x = in.get("x" + i);
      HostTensor d = in.get("t" + i);
      up.put("x" + i, HostTensor.fill(x.type(), k -> x.get(k) + STEP * d.get(k)));
      down.put("x" + i, HostTensor.fill(x.type(), k -> x.get(k) - STEP * d.get(k)));
    }
    Map<String, HostTensor> above = Interpreter.run(t.program, up, Map.of()).outputs();
    Map<String, HostTensor> below = Interpreter.run(t.program, down, Map.of()).outputs();
    double forward = 0;
    double size = 1e-3;
    for (int r : t.realOut) {
      HostTensor dy = out.get("dy" + r);
      HostTensor c = in.get("c" + r);
      HostTensor a = above.get("y" + r);
      HostTensor b = below.get("y" + r);
      near("jvp of result " + r, active, dy, a, b);
      for (int k = 0; dy != null && k < dy.size(); k++) {
        forward += c.get(k) * dy.get(k);
        size += Math.abs(c.get(k) * dy.get(k));
      }
    }
    double backward = 0;
    for (int i : active) {
      near(
          "derivative of the cotangent of operand " + i,
          active,
          out.get("ddx" + i),
          above.get("dx" + i),
          below.get("dx" + i));
      HostTensor dx = out.get("dx" + i);
      HostTensor d = in.get("t" + i);
      for (int k = 0; dx != null && k < dx.size(); k++) {
        backward += dx.get(k) * d.get(k);
        size += Math.abs(dx.get(k) * d.get(k));
      }
    }
    assertThat(backward)
        .as("%s: <J'v, u> against <v, Ju>, active %s", row, active)
        .isCloseTo(forward, offset(1e-12 * size));
  }

  /// A tangent, zero where there is none, against the difference of two evaluations.
  private void near(
      String what,
      List<Integer> active,
      @Nullable HostTensor tangent,
      @Nullable HostTensor above,
      @Nullable HostTensor below) {
    if (above == null || below == null) {
      return;
    }
    for (int k = 0; k < above.size(); k++) {
      double difference = (above.get(k) - below.get(k)) / (2 * STEP);
      assertThat(tangent == null ? 0 : tangent.get(k))
          .as("%s: %s, element %d, active %s", row, what, k, active)
          .isCloseTo(difference, offset(RELATIVE * Math.max(1, Math.abs(difference))));
    }
  }

  private static org.assertj.core.data.Offset<Double> offset(double d) {
    return org.assertj.core.data.Offset.offset(d);
  }

  /// The op on rounded inputs in a narrow type against the same in f64.
  private void narrow(DType d, double unit, Map<String, HostTensor> numbers) {
    Traced small = trace(d, List.of());
    Map<String, HostTensor> a = new HashMap<>();
    Map<String, HostTensor> b = new HashMap<>();
    for (int i = 0; i < row.operands().size(); i++) {
      HostTensor x = numbers.get("x" + i);
      boolean real = row.operands().get(i).real();
      HostTensor rounded = real ? HostTensor.fill(x.type().with(d), x::get) : x;
      a.put("x" + i, rounded);
      b.put("x" + i, real ? HostTensor.fill(x.type(), rounded::get) : x);
    }
    for (int r : small.realOut) {
      Type t = small.program.output("y" + r).type();
      a.put("c" + r, HostTensor.zeros(t));
      b.put("c" + r, HostTensor.zeros(t.with(DType.F64)));
    }
    Map<String, HostTensor> narrow = Interpreter.run(small.program, a, Map.of()).outputs();
    Map<String, HostTensor> wide =
        Interpreter.run(trace(DType.F64, List.of()).program, b, Map.of()).outputs();
    for (String name : wide.keySet()) {
      HostTensor w = wide.get(name);
      HostTensor n = narrow.get(name);
      assertThat(n.type().dims()).isEqualTo(w.type().dims());
      double most = 0;
      for (double v : w.toDoubles()) {
        most = Math.max(most, Math.abs(v));
      }
      for (int k = 0; k < w.size(); k++) {
        assertThat(n.get(k))
            .as("%s in %s: result %s, element %d", row, d.text(), name, k)
            .isCloseTo(w.get(k), offset(unit * row.terms() * Math.max(1e-30, most)));
      }
    }
  }

  private static void wellFormed(Program p) {
    Verifier.verify(p);
    String text = Printer.print(p);
    Program again = Parser.parse(text);
    assertThat(Printer.print(again)).isEqualTo(text);
    assertThat(again.nodes().stream().map(Node::op).toList())
        .isEqualTo(p.nodes().stream().map(Node::op).toList());
    Verifier.verify(again);
  }
}
