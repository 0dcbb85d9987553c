package dev.retrograde.pass;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.loop.Kernel;
import java.util.List;

/// One thing that a run does.
sealed interface Step {
  String name();

  Phase phase();

  /// Buffers read and written.
  List<Buf> buffers();

  /// A kernel on buffers, one for each parameter.
  record Launch(String name, Phase phase, Kernel kernel, List<Buf> buffers, long macs, long work)
      implements Step {}

  /// A node evaluated on the heap: reads dense buffers, writes dense buffers.
  record Host(String name, Phase phase, Node node, List<View> in, List<View> out) implements Step {
    @Override
    public List<Buf> buffers() {
      java.util.ArrayList<Buf> all = new java.util.ArrayList<>();
      in.forEach(v -> all.add(v.buf()));
      out.forEach(v -> all.add(v.buf()));
      return all;
    }

    /// The same with another buffer in place of one.
    Host rebound(Buf from, Buf to) {
      return new Host(name, phase, node, views(in, from, to), views(out, from, to));
    }

    private static List<View> views(List<View> some, Buf from, Buf to) {
      return some.stream()
          .map(v ->
              v.buf() == from
                  ? new View(to, v.offset(), v.dims(), v.strides(), v.partials(), v.partStride())
                  : v)
          .toList();
    }
  }
}
