package dev.retrograde.autodiff;

import dev.retrograde.autodiff.Split.Seed;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reverse mode of `Scan`: a scan over the same rows in the other direction.
///
/// Residuals are rows that the forward scan writes beside its own; rows that the body reads or
/// writes anyway are read where they are. Frames, which the body's own branches and loops leave,
/// are chained through a carried handle.
final class Scans {
  private final Walk w;
  private final Node n;
  private final ControlOp.Scan scan;
  private final Block body;
  private final Trip trip;

  /// Cotangents of written rows: the whole, and the parameter for one row.
  private final List<Value> given;

  private final List<Value> givenRows;

  /// Rows read, whose cotangents are wanted and found.
  private final List<Integer> found;

  /// What backward writes as rows: cotangents of rows read and of products that are formed later,
  /// each once.
  private final Set<Value> rows = new LinkedHashSet<>();

  private Scans(
      Walk w, Node n, ControlOp.Scan scan, Trip trip, List<Value> given, List<Value> givenRows) {
    this.w = w;
    this.n = n;
    this.scan = scan;
    this.body = n.blocks().get(0);
    this.trip = trip;
    this.given = given;
    this.givenRows = givenRows;
    this.found = new ArrayList<>();
    for (int x = scan.carried(); x < n.operands().size(); x++) {
      if (trip.split().found().containsKey(body.params().get(1 + x))) {
        found.add(x);
      }
    }
    found.forEach(x -> rows.add(cotangentRow(x)));
    trip.split().late().forEach(l -> rows.add(lateRow(l)));
  }

  /// Whether all that is wanted got a cotangent.
  static boolean back(Walk w, Node n, ControlOp.Scan scan, List<Value> captured) {
    Block body = n.blocks().get(0);
    int carried = scan.carried();
    boolean[] arriving = new boolean[carried];
    boolean[] active = new boolean[carried];
    for (int k = 0; k < carried; k++) {
      arriving[k] = w.cotangent(n.results().get(k)) != null;
      active[k] = w.wants(n.operand(k));
    }
    List<Value> rows = new ArrayList<>();
    for (int x = carried; x < n.operands().size(); x++) {
      if (w.wants(n.operand(x))) {
        rows.add(body.params().get(1 + x));
      }
    }
    List<Value> given = new ArrayList<>();
    List<Value> givenRows = new ArrayList<>();
    List<Seed> seeds = new ArrayList<>();
    for (int y = carried; y < n.results().size(); y++) {
      Value c = w.cotangent(n.results().get(y));
      if (c != null) {
        Value r = body.results().get(y);
        given.add(c);
        givenRows.add(w.back().parameter(r.type()));
        seeds.add(new Seed(r, givenRows.getLast()));
      }
    }
    Set<Value> deferred = Deferral.inBody(w.context(), body, captured);
    List<Value> sums = captured.stream().filter(v -> !deferred.contains(v)).toList();
    Trip trip = Trip.of(w, body, new Trip.Loop(1, arriving, active, rows, seeds, sums, deferred));
    Scans s = new Scans(w, n, scan, trip, given, givenRows);
    if (!trip.reachesNothing() || !s.found.isEmpty() || !trip.split().late().isEmpty()) {
      s.run();
    }
    Set<Value> reached = new HashSet<>(trip.sums().keySet());
    trip.split().late().forEach(l -> reached.add(l.matrix()));
    boolean all = Walk.all(captured, reached) && s.found.size() == rows.size();
    for (int k = 0; k < carried; k++) {
      all &= !active[k] || trip.carried().containsKey(k);
    }
    return all;
  }

  /// What the backward body leaves: for the next trip, then rows.
  private List<Value> written(Emit e) {
    return Split.join(trip.results(e), List.copyOf(rows));
  }

  private Value cotangentRow(int x) {
    return trip.split().original(Deferral.at(trip.split().found(), body.params().get(1 + x)));
  }

  private Value lateRow(Walk.Late l) {
    return trip.split().original(l.dy());
  }

  private void run() {
    Emit zeros = w.back().nested();
    trip.split().keep(written(zeros));
    List<Value> all = trip.split().residuals(List.of(body.params().get(0)));
    List<Value> chained = all.stream().filter(v -> v.type().dtype() == DType.FRAME).toList();
    List<Value> stacked = all.stream().filter(v -> v.type().dtype() != DType.FRAME).toList();
    Value frame = chained.isEmpty() ? null : w.forward().parameter(FrameOp.HANDLE);
    Map<Value, Value> wholes = new HashMap<>();
    List<Value> written = new ArrayList<>();
    List<Value> writtenWhole = new ArrayList<>();
    List<Value> others = trip.split().late().stream().map(Walk.Late::other).toList();
    for (Value v : new LinkedHashSet<>(Split.join(stacked, others))) {
      Value there = there(v);
      if (there == null) {
        there = w.forward().parameter(rows(v.type()));
        written.add(v);
        writtenWhole.add(there);
      }
      wholes.put(v, there);
    }
    List<Value> whole = stacked.stream().map(v -> Deferral.at(wholes, v)).toList();
    if (frame != null || !written.isEmpty()) {
      extend(frame, chained, written, writtenWhole);
    }
    List<Value> operands = new ArrayList<>();
    if (frame != null) {
      operands.add(frame);
    }
    operands.addAll(trip.start(w, n.results().subList(0, scan.carried())));
    int carried = operands.size();
    operands.addAll(whole);
    operands.addAll(given);
    List<Value> out =
        w.back()
            .addAll(
                new ControlOp.Scan(scan.trips(), carried, !scan.reverse()),
                operands,
                List.of(backward(chained, stacked)));
    trip.finish(
        w, n.operands().subList(0, scan.carried()), out.subList(frame == null ? 0 : 1, carried));
    Map<Value, Value> made = Trip.pairs(List.copyOf(rows), out.subList(carried, out.size()));
    found.forEach(x -> w.add(n.operand(x), Deferral.at(made, cotangentRow(x))));
    for (Walk.Late l : trip.split().late()) {
      Deferral.form(w, l, Deferral.at(made, lateRow(l)), Deferral.at(wholes, l.other()));
    }
  }

  private Type rows(Type row) {
    List<Extent> e = new ArrayList<>(List.of(scan.trips()));
    e.addAll(row.extents());
    return row.with(e);
  }

  /// The tensor whose rows a value of the body is already, if there is one.
  private @Nullable Value there(Value v) {
    int x = body.params().indexOf(v) - 1;
    if (x >= scan.carried()) {
      return n.operand(x);
    }
    for (int y = scan.carried(); y < body.results().size(); y++) {
      if (body.results().get(y).equals(v)) {
        return n.results().get(y);
      }
    }
    return null;
  }

  /// Puts the scan that leaves residuals in the place of the scan: a carried frame goes behind the
  /// carried values, written rows behind the written ones.
  private void extend(
      @Nullable Value frame, List<Value> chained, List<Value> written, List<Value> whole) {
    Emit start = w.forward().nested();
    start.origin(n.origin());
    int carried = scan.carried();
    List<Value> operands = new ArrayList<>(n.operands());
    List<Value> params = new ArrayList<>(body.params());
    List<Value> ends = new ArrayList<>(body.results());
    List<Value> results = new ArrayList<>(n.results());
    if (frame != null) {
      operands.add(carried, start.add(new FrameOp.Pack()));
      Value before = start.parameter(FrameOp.HANDLE);
      params.add(1 + carried, before);
      ends.add(carried, trip.split().pack(Split.join(List.of(before), chained)));
      results.add(carried, frame);
      carried++;
    }
    ends.addAll(written);
    results.addAll(whole);
    Block b = new Block(params, trip.split().nodes(), ends);
    List<Node> by = new ArrayList<>(start.nodes());
    by.add(
        new Node(
            new ControlOp.Scan(scan.trips(), carried, scan.reverse()),
            operands,
            results,
            List.of(b),
            n.origin()));
    w.forward().replace(n, by);
  }

  private Block backward(List<Value> chained, List<Value> stacked) {
    Emit e = w.back().nested();
    Value i = e.parameter(Type.of(DType.I32));
    List<Value> params = new ArrayList<>(List.of(i));
    List<Value> ends = new ArrayList<>();
    Map<Value, Value> known = new HashMap<>(Map.of(body.params().get(0), i));
    if (!chained.isEmpty()) {
      Value frame = e.parameter(FrameOp.HANDLE);
      params.add(frame);
      List<Type> types = Split.join(List.of(FrameOp.HANDLE), Split.types(chained));
      List<Value> parts = e.addAll(new FrameOp.Unpack(types), List.of(frame), List.of());
      ends.add(parts.get(0));
      known.putAll(Trip.pairs(chained, parts.subList(1, parts.size())));
    }
    params.addAll(trip.params());
    List<Value> rows = stacked.stream().map(v -> e.parameter(v.type())).toList();
    known.putAll(Trip.pairs(stacked, rows));
    params.addAll(rows);
    params.addAll(givenRows);
    ends.addAll(trip.split().replay(e, known, written(e)));
    return new Block(params, e.nodes(), ends);
  }
}
