package dev.retrograde.nn.recurrent;

import dev.retrograde.trace.Tensor;
import java.util.List;

/// The state of a node of a tree, or of several nodes, a row each.
///
/// @param h what the node gives to the outside, `[..., hidden]`
/// @param c its memory, `[..., hidden]`
public record TreeState(Tensor h, Tensor c) {
  /// Both parts, as control flow carries them.
  public List<Tensor> parts() {
    return List.of(h, c);
  }

  /// From both parts.
  public static TreeState of(List<Tensor> parts) {
    return new TreeState(parts.get(0), parts.get(1));
  }
}
