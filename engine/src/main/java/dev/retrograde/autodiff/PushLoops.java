package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// Forward mode of `For`, `While` and `Scan`: a loop that carries tangents beside the values.
///
/// Where only tangents are wanted, carried values that neither they nor the condition need are left
/// out.
final class PushLoops {
  private final Push around;
  private final Node n;
  private final Block body;

  /// Operands before the carried ones, carried values, rows read.
  private final int lead;

  private final int carried;
  private final int rows;

  /// Which carried values, rows read and rows written have tangents.
  private final boolean[] moving;

  private final List<Integer> movingRows;
  private final List<Integer> movingWritten;

  private final Push trip;
  private final List<Value> params = new ArrayList<>();
  private final List<Value> tangentParams = new ArrayList<>();
  private final List<Value> tangentRows = new ArrayList<>();

  private PushLoops(Push around, Node n) {
    this.around = around;
    this.n = n;
    this.body = n.blocks().getLast();
    this.lead = n.op() instanceof ControlOp.For ? 1 : 0;
    this.carried = n.op() instanceof ControlOp.Scan s ? s.carried() : n.operands().size() - lead;
    this.rows = n.operands().size() - lead - carried;
    this.moving = new boolean[carried];
    int first = body.params().size() - carried - rows;
    Set<Value> others = around.moving(around.captures().of(body));
    for (int k = 0; k < carried; k++) {
      moving[k] = around.moves(n.operand(lead + k));
    }
    this.movingRows =
        IntStream.range(0, rows)
            .filter(x -> around.moves(n.operand(lead + carried + x)))
            .boxed()
            .toList();
    movingRows.forEach(x -> others.add(body.params().get(first + carried + x)));
    Activity.carry(around.captures(), body, first, moving, others);
    this.trip = around.nested();
    walk(first);
    this.movingWritten =
        IntStream.range(carried, body.results().size())
            .filter(y -> trip.moves(body.results().get(y)))
            .boxed()
            .toList();
  }

  static void push(Push around, Node n) {
    around.refuse(n);
    new PushLoops(around, n).run();
  }

  private void walk(int first) {
    body.params().forEach(p -> params.add(trip.parameter(p)));
    for (int k = 0; k < carried; k++) {
      if (moving[k]) {
        tangentParams.add(twin(first + k));
      }
    }
    movingRows.forEach(x -> tangentRows.add(twin(first + carried + x)));
    trip.run(body.nodes());
  }

  private Value twin(int param) {
    Value t = trip.into().parameter(params.get(param).type());
    trip.put(body.params().get(param), t);
    return t;
  }

  private void run() {
    List<Value> tangentEnds = new ArrayList<>();
    for (int k = 0; k < carried; k++) {
      if (moving[k]) {
        tangentEnds.add(trip.full(body.results().get(k)));
      }
    }
    List<Value> tangentWritten =
        movingWritten.stream().map(y -> trip.full(body.results().get(y))).toList();
    List<Value> ends = trip.of(body.results());
    List<Value> written = around.copying() ? ends.subList(carried, ends.size()) : List.of();
    boolean[] kept = kept(Split.join(tangentEnds, tangentWritten), ends);
    List<Value> results = new ArrayList<>(only(ends.subList(0, carried), kept));
    results.addAll(tangentEnds);
    results.addAll(written);
    results.addAll(tangentWritten);
    int first = params.size() - carried - rows;
    List<Value> all = new ArrayList<>(params.subList(0, first));
    all.addAll(only(params.subList(first, first + carried), kept));
    all.addAll(tangentParams);
    all.addAll(params.subList(first + carried, params.size()));
    all.addAll(tangentRows);
    Block b = new Block(all, Live.of(trip.into().nodes(), new HashSet<>(results)), results);
    emit(b, kept, written.size());
  }

  /// Carried values that the tangents or the condition need; all where values are wanted.
  private boolean[] kept(List<Value> needed, List<Value> ends) {
    boolean[] kept = new boolean[carried];
    if (around.copying()) {
      java.util.Arrays.fill(kept, true);
      return kept;
    }
    int first = params.size() - carried - rows;
    Set<Value> used = new HashSet<>(needed);
    if (n.op() instanceof ControlOp.While) {
      Block c = n.blocks().get(0);
      Set<Value> read = new HashSet<>(c.results());
      Live.of(c.nodes(), read);
      for (int k = 0; k < carried; k++) {
        if (read.contains(c.params().get(k))) {
          used.add(params.get(first + k));
        }
      }
    }
    for (boolean more = true; more; ) {
      more = false;
      Live.of(trip.into().nodes(), used);
      for (int k = 0; k < carried; k++) {
        if (!kept[k] && used.contains(params.get(first + k))) {
          kept[k] = true;
          used.add(ends.get(k));
          more = true;
        }
      }
    }
    return kept;
  }

  private static List<Value> only(List<Value> some, boolean[] kept) {
    return IntStream.range(0, some.size()).filter(k -> kept[k]).mapToObj(some::get).toList();
  }

  private void emit(Block b, boolean[] kept, int written) {
    List<Value> operands = new ArrayList<>(around.of(n.operands().subList(0, lead)));
    List<Value> initial = n.operands().subList(lead, lead + carried);
    List<Value> read = n.operands().subList(lead + carried, n.operands().size());
    operands.addAll(around.of(only(initial, kept)));
    int values = operands.size() - lead;
    List<Value> moved = only(initial, moving);
    moved.forEach(v -> operands.add(around.full(v)));
    operands.addAll(around.of(read));
    movingRows.forEach(x -> operands.add(around.full(read.get(x))));
    List<Block> blocks = new ArrayList<>();
    if (n.op() instanceof ControlOp.While) {
      blocks.add(condition(kept));
    }
    blocks.add(b);
    List<Value> out = around.into().addAll(op(values + moved.size()), operands, blocks);
    int at = values;
    for (int k = 0; k < carried; k++) {
      if (moving[k]) {
        around.put(n.results().get(k), out.get(at++));
      }
    }
    if (around.copying()) {
      around.made(n.results().subList(0, carried), out);
      around.made(n.results().subList(carried, n.results().size()), out.subList(at, at + written));
    }
    for (int y : movingWritten) {
      around.put(n.results().get(y), out.get(at + written));
      at++;
    }
  }

  private Op op(int carriedNow) {
    return around.op(n) instanceof ControlOp.Scan s
        ? new ControlOp.Scan(s.trips(), carriedNow, s.reverse())
        : n.op();
  }

  private Block condition(boolean[] kept) {
    Block c = n.blocks().get(0);
    Emit e = around.into().nested();
    Push p = around.nested();
    List<Value> own = c.params().stream().map(p::parameter).toList();
    p.tangents().clear();
    p.run(c.nodes());
    List<Value> all = new ArrayList<>(only(own, kept));
    tangentParams.forEach(t -> all.add(e.parameter(t.type())));
    return new Block(all, p.into().nodes(), p.of(c.results()));
  }
}
