package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Forward mode of `Call`: a function f gets a twin `f.tangent`, from the arguments, the tangents
/// of those that move, and the tangents of the inputs and state that f reads and that move, to the
/// results and the tangents of all floating ones.
final class PushCalls {
  private final Emit emit;
  private final Captures captures;
  private final Map<Request, String> made = new HashMap<>();

  PushCalls(Emit emit) {
    this.emit = emit;
    this.captures = new Captures(emit.functions());
  }

  private record Request(String function, List<Boolean> moving, List<Value> globals) {}

  Captures captures() {
    return captures;
  }

  void push(Push p, Node n, ControlOp.Call c) {
    if (c.ordered()) {
      Op.notDifferentiable(n, "it calls ordered Java code, which must not run again for tangents");
    }
    List<Boolean> moving = n.operands().stream().map(p::moves).toList();
    List<Value> globals =
        captures.globals(c.function()).stream().filter(v -> p.tangent(v) != null).toList();
    String twin = twin(new Request(c.function(), moving, globals));
    List<Value> in = new ArrayList<>(p.of(n.operands()));
    n.operands().stream().filter(p::moves).forEach(v -> in.add(p.full(v)));
    globals.forEach(v -> in.add(p.full(v)));
    List<Value> results = n.results().stream().filter(Activity::moves).toList();
    List<Type> types = Split.join(((ControlOp.Call) p.op(n)).types(), Split.types(results));
    List<Value> out = p.into().addAll(new ControlOp.Call(twin, false, types), in, List.of());
    if (p.copying()) {
      p.made(n.results(), out);
    }
    for (int i = 0; i < results.size(); i++) {
      p.put(results.get(i), out.get(n.results().size() + i));
    }
  }

  /// The name of the twin, which is made at first. A function that calls itself finds the name
  /// before the body is there.
  private String twin(Request r) {
    String known = made.get(r);
    if (known != null) {
      return known;
    }
    Map<String, Block> functions = emit.functions();
    String name = r.function + ".tangent";
    for (int i = 2; functions.containsKey(name) || made.containsValue(name); i++) {
      name = r.function + ".tangent" + i;
    }
    made.put(r, name);
    Block b = captures.body(r.function);
    Emit e = emit.nested();
    e.origin(Origin.NONE);
    Push p = Push.function(e, this);
    List<Value> params = new ArrayList<>();
    b.params().forEach(v -> params.add(p.parameter(v)));
    for (int a = 0; a < r.moving.size(); a++) {
      if (r.moving.get(a)) {
        params.add(e.parameter(p.of(b.params().get(a)).type()));
        p.put(b.params().get(a), params.getLast());
      }
    }
    for (Value v : r.globals) {
      params.add(e.parameter(v.type()));
      p.put(v, params.getLast());
    }
    p.run(b.nodes());
    List<Value> results = new ArrayList<>(p.of(b.results()));
    b.results().stream().filter(Activity::moves).forEach(v -> results.add(p.full(v)));
    functions.put(name, new Block(params, e.nodes(), results));
    return name;
  }
}
