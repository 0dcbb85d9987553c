package dev.retrograde.ir;

/// Where a node came from.
///
/// @param path path of the layer, such as `stage1/block0/conv`
/// @param line the user's line, such as `Model.java:41`, or empty
/// @param phase the part of the step that it belongs to
/// @param epoch clones made by recomputation carry an epoch above 0; equal nodes are merged only
///   within one epoch, so that merging cannot undo a recomputation
public record Origin(String path, String line, Phase phase, int epoch) {
  public static final Origin NONE = new Origin("", "", Phase.FORWARD, 0);

  /// The part of a training step.
  public enum Phase {
    FORWARD,
    BACKWARD,
    UPDATE
  }

  public Origin with(Phase p) {
    return new Origin(path, line, p, epoch);
  }

  public Origin inEpoch(int e) {
    return new Origin(path, line, phase, e);
  }

  @Override
  public String toString() {
    return (path.isEmpty() ? "program" : path) + (line.isEmpty() ? "" : " (" + line + ")");
  }
}
