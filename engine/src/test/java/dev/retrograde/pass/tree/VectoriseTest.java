package dev.retrograde.pass.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.OpRow;
import dev.retrograde.ir.OpRows;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Code for many rows against code for one, run row by row.
class VectoriseTest {
  private static final int WIDTH = 4;
  private static final boolean[] LIVE = {true, false, true, true};

  /// Emits a result from operands.
  private interface Body extends BiFunction<Emit, List<Value>, List<Value>> {}

  /// An operand: one tensor for each row, or the same for all.
  private record Operand(Type type, boolean varies, List<HostTensor> rows) {
    HostTensor all() {
      if (!varies) {
        return rows.get(0);
      }
      List<Integer> dims = new ArrayList<>(List.of(WIDTH));
      dims.addAll(type.dims());
      int n = rows.get(0).size();
      HostTensor out = HostTensor.zeros(Type.of(type.dtype(), dims));
      for (int i = 0; i < out.size(); i++) {
        out.setBits(i, rows.get(i / n).bits(i % n));
      }
      return out;
    }
  }

  @TestFactory
  Stream<DynamicTest> everyOpOnRowsIsTheOpOnEachRow() {
    return OpRows.all().stream()
        .map(row -> DynamicTest.dynamicTest(row.name(), () -> ofTable(row)));
  }

  private static void ofTable(OpRow row) {
    int n = row.operands().size();
    for (int mask = 1; mask < 1 << n; mask++) {
      Random r = new Random(row.name().hashCode() + mask);
      List<Operand> operands = new ArrayList<>();
      for (int k = 0; k < n; k++) {
        OpRow.Operand o = row.operands().get(k);
        List<HostTensor> rows =
            Stream.generate(() -> o.numbers().draw(o.type(), r)).limit(WIDTH).toList();
        operands.add(new Operand(o.type(), (mask >> k & 1) != 0, rows));
      }
      Body body = (e, in) -> e.addAll(row.op(), in, List.of());
      if (row.op() instanceof WindowOp
          || row.op() instanceof LinearOp && !(row.op() instanceof Contract)) {
        assertThatThrownBy(() -> program(operands, body))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(row.op().name())
            .hasMessageContaining("not vectorised");
      } else {
        check(operands, body);
      }
    }
  }

  /// A program with the rows of all results, and the sums of the floating ones.
  private static Program program(List<Operand> operands, Body body) {
    Emit e = new Emit();
    List<Program.Named> inputs = new ArrayList<>();
    List<Value> args = new ArrayList<>();
    List<Value> params = new ArrayList<>();
    List<Value> inside = new ArrayList<>();
    Emit g = e.nested();
    for (Operand o : operands) {
      Value v = e.parameter(o.all().type());
      inputs.add(new Program.Named("x" + inputs.size(), v));
      if (o.varies) {
        args.add(v);
        params.add(g.parameter(o.type));
      }
      inside.add(o.varies ? params.getLast() : v);
    }
    Value live = e.parameter(Type.of(DType.BOOL, WIDTH));
    inputs.add(new Program.Named("live", live));
    List<Value> results = body.apply(g, inside);
    Block b = new Block(params, g.nodes(), results);
    List<Program.Named> outputs = new ArrayList<>();
    Vectorise rows = new Vectorise(e, WIDTH).with(b, args);
    Vectorise sums = new Vectorise(e, WIDTH).with(b, args);
    for (int k = 0; k < results.size(); k++) {
      outputs.add(new Program.Named("rows" + k, rows.rows(results.get(k))));
      if (results.get(k).type().dtype().isFloat()) {
        outputs.add(new Program.Named("sum" + k, sums.sum(results.get(k), live)));
        outputs.add(new Program.Named("all" + k, sums.sum(results.get(k), null)));
      }
    }
    return Verifier.verify(
        new Program("rows", List.of(), inputs, e.nodes(), outputs, List.of(), Map.of()));
  }

  /// The body on one row.
  private static Map<String, HostTensor> one(List<Operand> operands, Body body, int row) {
    Emit e = new Emit();
    List<Program.Named> inputs = new ArrayList<>();
    Map<String, HostTensor> in = new HashMap<>();
    for (Operand o : operands) {
      String name = "x" + inputs.size();
      inputs.add(new Program.Named(name, e.parameter(o.type)));
      in.put(name, o.rows.get(o.varies ? row : 0));
    }
    List<Value> results = body.apply(e, inputs.stream().map(Program.Named::value).toList());
    List<Program.Named> outputs = new ArrayList<>();
    results.forEach(v -> outputs.add(new Program.Named("y" + outputs.size(), v)));
    Program p = new Program("row", List.of(), inputs, e.nodes(), outputs, List.of(), Map.of());
    return Interpreter.run(p, in, Map.of()).outputs();
  }

  private static void check(List<Operand> operands, Body body) {
    Program p = program(operands, body);
    Map<String, HostTensor> in = new HashMap<>();
    for (Operand o : operands) {
      in.put("x" + in.size(), o.all());
    }
    in.put("live", HostTensor.fill(Type.of(DType.BOOL, WIDTH), i -> LIVE[i] ? 1 : 0));
    Map<String, HostTensor> found = Interpreter.run(p, in, Map.of()).outputs();
    List<Map<String, HostTensor>> expected = new ArrayList<>();
    for (int row = 0; row < WIDTH; row++) {
      expected.add(one(operands, body, row));
    }
    for (int k = 0; k < expected.get(0).size(); k++) {
      HostTensor rows = found.get("rows" + k);
      int n = expected.get(0).get("y" + k).size();
      double[] some = new double[n];
      double[] all = new double[n];
      double[] size = new double[n];
      for (int i = 0; i < rows.size(); i++) {
        HostTensor y = expected.get(i / n).get("y" + k);
        assertThat(rows.bits(i)).as("result %d, row %d", k, i / n).isEqualTo(y.bits(i % n));
        all[i % n] += y.get(i % n);
        some[i % n] += LIVE[i / n] ? y.get(i % n) : 0;
        size[i % n] += Math.abs(y.get(i % n));
      }
      close(found.get("sum" + k), some, size);
      close(found.get("all" + k), all, size);
    }
  }

  private static void close(@Nullable HostTensor found, double[] expected, double[] size) {
    for (int i = 0; found != null && i < found.size(); i++) {
      assertThat(found.get(i)).isCloseTo(expected[i], within(1e-13 + 1e-13 * size[i]));
    }
  }

  private static Operand real(boolean varies, int... dims) {
    Random r = new Random(dims.length + (varies ? 7 : 0));
    Type t = Type.of(DType.F64, dims);
    return new Operand(
        t,
        varies,
        Stream.generate(() -> HostTensor.fill(t, i -> 2 * r.nextDouble() - 1))
            .limit(WIDTH)
            .toList());
  }

  private static Operand bool(boolean varies) {
    List<HostTensor> rows = new ArrayList<>();
    for (int i = 0; i < WIDTH; i++) {
      rows.add(HostTensor.scalar(DType.BOOL, i % 2));
    }
    return new Operand(Type.of(DType.BOOL), varies, rows);
  }

  private static List<Value> choice(Emit e, List<Value> in) {
    Emit yes = e.nested();
    Value a = yes.times(in.get(1), in.get(2));
    Emit no = e.nested();
    Value b = no.exp(in.get(2));
    return e.addAll(
        new ControlOp.If(),
        List.of(in.get(0)),
        List.of(
            new Block(List.of(), yes.nodes(), List.of(a, in.get(1))),
            new Block(List.of(), no.nodes(), List.of(b, in.get(2)))));
  }

  @Test
  void branchesOnVaryingAndOnCommonConditions() {
    for (boolean condition : List.of(true, false)) {
      for (boolean first : List.of(true, false)) {
        check(List.of(bool(condition), real(first, 3), real(true, 3)), VectoriseTest::choice);
      }
    }
  }

  @Test
  void aBranchThatIsNotTakenLeavesNoNaNInASum() {
    // The logarithm of a negative number in the rows that take the other branch.
    Body body =
        (e, in) -> {
          Value zero = e.zeros(Type.of(DType.F64));
          Value positive = e.map(Primitive.LT, zero, in.get(0));
          Emit yes = e.nested();
          Value root = yes.map(Primitive.SQRT, in.get(0));
          Value outer =
              yes.add(
                  outer(), yes.broadcast(root, in.get(1).type().extents(), List.of()), in.get(1));
          Emit no = e.nested();
          Value none = no.zeros(outer.type());
          return e.addAll(
              new ControlOp.If(),
              List.of(positive),
              List.of(
                  new Block(List.of(), yes.nodes(), List.of(outer)),
                  new Block(List.of(), no.nodes(), List.of(none))));
        };
    check(List.of(real(true), real(true, 2)), body);
  }

  private static Contract outer() {
    return new Contract(List.of(), List.of(), List.of(), List.of());
  }

  @Test
  void regionsKeepTheirRule() {
    Body body =
        (e, in) -> {
          Emit f = e.nested();
          Value x = f.parameter(in.get(0).type());
          Value y = f.times(x, in.get(1));
          Emit g = e.nested();
          Value kept = g.parameter(x.type());
          Value dy = g.parameter(y.type());
          Value dx = g.times(kept, dy);
          return e.addAll(
                  new ControlOp.Region("odd", 1, List.of(0)),
                  List.of(in.get(0)),
                  List.of(
                      new Block(List.of(x), f.nodes(), List.of(y, x)),
                      new Block(List.of(kept, dy), g.nodes(), List.of(dx))))
              .subList(0, 1);
        };
    check(List.of(real(true, 3), real(false, 3)), body);
    check(List.of(real(false, 3), real(true, 3)), body);
  }

  @Test
  void whatDoesNotVaryIsNotRepeated() {
    Emit e = new Emit();
    Value w = e.parameter(Type.of(DType.F64, 3, 2));
    Value rows = e.parameter(Type.of(DType.F64, WIDTH, 3));
    Emit g = e.nested();
    Value x = g.parameter(Type.of(DType.F64, 3));
    Value square = g.times(w, w);
    Value y = g.add(new Contract(List.of(), List.of(), List.of(0), List.of(0)), x, square);
    Block b = new Block(List.of(x), g.nodes(), List.of(y));
    new Vectorise(e, WIDTH).with(b, List.of(rows)).rows(y);
    assertThat(e.nodes()).hasSize(2);
    assertThat(e.nodes().get(0).result().type()).isEqualTo(w.type());
    assertThat(e.nodes().get(1).op()).isInstanceOf(Contract.class);
    assertThat(e.nodes().get(1).result().type()).isEqualTo(Type.of(DType.F64, WIDTH, 2));
  }

  @Test
  void theSumOfOuterProductsIsOneProduct() {
    Emit e = new Emit();
    Value a = e.parameter(Type.of(DType.F64, WIDTH, 3));
    Value c = e.parameter(Type.of(DType.F64, WIDTH, 2));
    Emit g = e.nested();
    Value x = g.parameter(Type.of(DType.F64, 3));
    Value y = g.parameter(Type.of(DType.F64, 2));
    Value product = g.add(outer(), x, y);
    Value moved = g.transpose(g.negate(product), 1, 0);
    Block b = new Block(List.of(x, y), g.nodes(), List.of(moved));
    new Vectorise(e, WIDTH).with(b, List.of(a, c)).sum(moved, null);
    List<Type> made = e.nodes().stream().map(Node::result).map(Value::type).toList();
    assertThat(made)
        .containsExactly(
            Type.of(DType.F64, 3, 2), Type.of(DType.F64, 3, 2), Type.of(DType.F64, 2, 3));
  }

  @Test
  void opsWithoutAFormForRowsAreNamed() {
    Type whole = Type.of(DType.I32);
    refused(
        "Compact",
        (e, in) -> {
          Value on = e.map(Primitive.LT, in.get(0), e.fill(in.get(0).type(), 0));
          return List.of(e.add(new OrderOp.Compact(Extent.of(1)), on));
        });
    refused(
        "RandomBits",
        (e, in) -> {
          Value key =
              e.cast(
                  e.add(new MoveOp.Slice(List.of(0), List.of(2), List.of(1)), in.get(0)),
                  DType.I32);
          return List.of(e.add(new RandomOp.RandomBits(List.of(Extent.of(3)), 1), key));
        });
    refused(
        "For",
        (e, in) -> {
          Emit g = e.nested();
          Value i = g.parameter(whole);
          Value x = g.parameter(in.get(0).type());
          Block b = new Block(List.of(i, x), List.of(), List.of(x));
          return e.addAll(
              new ControlOp.For(3), List.of(e.scalar(DType.I32, 2), in.get(0)), List.of(b));
        });
    refused(
        "Foreign",
        (e, in) ->
            List.of(
                e.add(
                    new ControlOp.Foreign("box", x -> x, false, List.of(in.get(0).type())),
                    in.get(0))));
    refused(
        "Foreign",
        (e, in) ->
            List.of(
                e.add(
                    new ControlOp.Foreign("box", x -> x, true, List.of(in.get(0).type())),
                    in.get(0))));
  }

  private static void refused(String op, Body body) {
    assertThatThrownBy(() -> program(List.of(real(true, 3)), body))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(op)
        .hasMessageContaining("no form for many nodes");
  }
}
