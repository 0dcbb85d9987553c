package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.coding.Bits;
import dev.retrograde.choice.coding.BlockSparse;
import dev.retrograde.choice.coding.Code;
import dev.retrograde.choice.coding.Pooling;
import dev.retrograde.choice.coding.Quantising;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Codes of saved values as machine code: the bits of bytecode, whatever the level and the threads,
/// and no step on the heap.
class CodesTest {
  /// A program that codes its inputs in every way.
  record Row(String name, Program program) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rows() {
    List<Row> out = new ArrayList<>();
    for (DType d : List.of(DType.F32, DType.F64)) {
      out.add(images("odd", Geometry.square(3, 1, 1), 2, Type.of(d, 3, 7, 9, 5)));
      out.add(images("even", Geometry.square(3, 1, 1), 2, Type.of(d, 16, 8, 8, 16)));
      out.add(images("strided", Geometry.square(3, 2, 1), 4, Type.of(d, 8, 15, 16, 19)));
      out.add(images("wide", Geometry.square(7, 1, 3), 4, Type.of(d, 2, 16, 12, 33)));
      out.add(matrices(Type.of(d, 61, 131)));
      out.add(matrices(Type.of(d, 64, 48)));
    }
    return out;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void machineCodeHasTheBitsOfBytecode(Row r) {
    Map<String, HostTensor> bytecode = Runs.run(new JvmTarget(), 1, r.program, 1);
    for (Target t : Runs.levels()) {
      for (int threads : new int[] {1, 2, 3}) {
        Runs.assertSameBits(
            r + " on " + t.name() + " with " + threads + " threads",
            bytecode,
            Runs.run(t, threads, r.program, 1));
      }
      try (StateStore state = StateStore.of(3, r.program);
          Executable e = t.compile(r.program, state, Target.Options.DEFAULT)) {
        assertThat(e.listing().launches()).allMatch(l -> l.kernel() >= 0, "is a kernel");
      }
    }
  }

  private static Row images(String name, Geometry g, int size, Type x) {
    Emit e = new Emit();
    Map<String, Value> in = inputs(e, x);
    Type y = x.with(Type.of(x.dtype(), x.dim(0), g.outH(x.dim(1)), g.outW(x.dim(2)), 7).extents());
    in.put("g", e.parameter(y));
    Pooling pooling = new Pooling(size);
    Value z = pooling.encode(e, in.get("x"));
    Map<String, Value> out = codes(e, in);
    out.put("pooled", z);
    out.put("blocks", pooling.decode(e, List.of(z), x));
    Type f = Type.of(x.dtype(), 7, g.kernelH(), g.kernelW(), x.dim(3));
    out.put(
        "gradient", pooling.filterGrad(e, new ConvFilterGrad(g, f.extents()), x, z, in.get("g")));
    return row(name + " " + x, e, in, out);
  }

  private static Row matrices(Type x) {
    Emit e = new Emit();
    Map<String, Value> in = inputs(e, x);
    in.put("g", e.parameter(Type.of(x.dtype(), x.dim(0), 37)));
    Map<String, Value> out = codes(e, in);
    BlockSparse sparse = new BlockSparse(8, 0.6);
    List<Value> kept = sparse.encode(e, in.get("x"));
    out.put("values", kept.get(0));
    out.put("columns", kept.get(1));
    out.put("starts", kept.get(2));
    out.put("matrix", sparse.decode(e, kept, x));
    out.put("gradient", sparse.weightGrad(e, kept, x, in.get("g")));
    return row("matrices " + x, e, in, out);
  }

  private static Map<String, Value> inputs(Emit e, Type x) {
    Map<String, Value> in = new LinkedHashMap<>();
    in.put("x", e.parameter(x));
    in.put("key", e.parameter(Type.of(DType.I32, 2)));
    return in;
  }

  /// What any tensor can be coded with.
  private static Map<String, Value> codes(Emit e, Map<String, Value> in) {
    Map<String, Value> out = new LinkedHashMap<>();
    Value x = in.get("x");
    for (int bits : new int[] {8, 4}) {
      Quantising q = new Quantising(bits);
      List<Value> kept = q.encode(e, x, new Code.Draw(in.get("key"), 5));
      out.put("codes" + bits, kept.get(0));
      out.put("step" + bits, kept.get(2));
      out.put("decoded" + bits, e.negate(q.decode(e, kept, x.type())));
    }
    Value positive = e.map(Primitive.LT, e.zeros(x.type()), x);
    Value packed = new Bits().encode(e, positive);
    out.put("bits", packed);
    Value mask = new Bits().decode(e, List.of(packed), positive.type());
    out.put("masked", e.select(mask, x, e.zeros(x.type())));
    return out;
  }

  private static Row row(String name, Emit e, Map<String, Value> in, Map<String, Value> out) {
    Program p =
        new Program("codes", List.of(), named(in), e.nodes(), named(out), List.of(), Map.of());
    return new Row(name, p);
  }

  private static List<Program.Named> named(Map<String, Value> values) {
    return values.entrySet().stream()
        .map(v -> new Program.Named(v.getKey(), v.getValue()))
        .toList();
  }
}
