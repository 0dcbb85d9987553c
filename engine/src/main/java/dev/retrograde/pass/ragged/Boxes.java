package dev.retrograde.pass.ragged;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Java code that is called with tensors of run-time size: it gets them cut to the count, as from
/// the interpreter, and what it returns is put into the capacity.
///
/// @param op as it was
/// @param operands types of its operands as they were
/// @param results likewise
record Boxes(ControlOp.Foreign op, List<Type> operands, List<Type> results) {
  Boxes {
    operands = List.copyOf(operands);
    results = List.copyOf(results);
  }

  /// The counts that it takes as further operands, in this order.
  List<Value> counts() {
    Set<Value> all = new LinkedHashSet<>();
    operands.forEach(t -> all.addAll(Uses.counts(t)));
    results.forEach(t -> all.addAll(Uses.counts(t)));
    return List.copyOf(all);
  }

  /// The same code on tensors of the capacities, followed by the counts.
  ControlOp.Foreign whole() {
    List<Type> types = results.stream().map(Masks::whole).toList();
    return new ControlOp.Foreign(op.box(), this::call, op.ordered(), types);
  }

  private HostTensor[] call(HostTensor[] given) {
    List<HostTensor> in = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      in.add(given[i].resized(sizes(operands.get(i), given)));
    }
    List<Type> types = results.stream().map(t -> Type.of(t.dtype(), sizes(t, given))).toList();
    List<HostTensor> out = op.eval(in, types);
    HostTensor[] whole = new HostTensor[out.size()];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = out.get(i).resized(results.get(i).dims());
    }
    return whole;
  }

  private List<Integer> sizes(Type t, HostTensor[] given) {
    List<Integer> out = new ArrayList<>();
    for (Extent x : t.extents()) {
      out.add(
          switch (x) {
            case Extent.Static s -> s.n();
            case Extent.Ragged r -> size(r, given);
          });
    }
    return out;
  }

  private int size(Extent.Ragged r, HostTensor[] given) {
    int n = (int) given[operands.size() + counts().indexOf(r.count())].bits(0);
    if (n < 0 || n > r.capacity()) {
      throw new IllegalStateException(
          "foreign '" + op.box() + "': the count " + n + " is not from 0 to " + r.capacity());
    }
    return n;
  }
}
