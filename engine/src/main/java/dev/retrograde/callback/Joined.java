package dev.retrograde.callback;

import java.util.Arrays;
import java.util.List;

/// Arrays joined along an axis: the one operator with any number of operands.
final class Joined {
  private final Ops op;
  private final List<Var> parts;
  private final int[] shape;
  private final int[][] places;

  Joined(Ops op, int axis, List<Var> parts) {
    this.op = op;
    this.parts = List.copyOf(parts);
    shape = shape(axis);
    places = new int[this.parts.size()][];
    int[] strides = Index.strides(shape);
    int at = 0;
    for (int i = 0; i < places.length; i++) {
      int[] own = this.parts.get(i).x.shape;
      places[i] = Index.linear(own, strides, at * strides[axis]);
      at += own[axis];
    }
  }

  private int[] shape(int axis) {
    if (parts.isEmpty()) {
      throw Place.fail("nothing to join");
    }
    int[] first = op.x(parts.get(0)).shape;
    if (axis < 0 || axis >= first.length) {
      throw Place.fail("no axis " + axis + " in " + parts.get(0));
    }
    int[] all = first.clone();
    all[axis] = 0;
    for (Var p : parts) {
      int[] own = op.x(p).shape.clone();
      if (own.length == first.length) {
        all[axis] += own[axis];
        own[axis] = first[axis];
      }
      if (!Arrays.equals(own, first)) {
        throw Place.fail(
            p + " does not join " + parts.get(0) + " along axis " + axis + ": other axes differ");
      }
    }
    return all;
  }

  void run(Cont<Var> k) {
    Arithmetic m = op.arithmetic();
    Array x = m.zeros(shape);
    for (int i = 0; i < places.length; i++) {
      m.add(x, m.scatter(parts.get(i).x, shape, places[i]));
    }
    Var y = op.result(x, parts.toArray(Var[]::new));
    if (op.then(y, k)) {
      for (int i = 0; i < places.length; i++) {
        Var p = parts.get(i);
        if (p.active()) {
          op.add(p, m.gather(y.d(), p.x.shape, places[i]));
        }
      }
    }
  }
}
