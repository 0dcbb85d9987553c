package dev.retrograde.choice;

import dev.retrograde.ir.Program;

/// What becomes of the forward values that backward reads.
public sealed interface Saving {
  /// The spelling on the command line; [#parse] reads it back.
  String spec();

  /// Rewrites the joint program of a training step. The meaning of the program, bit for bit, stays.
  Program apply(Program joint);

  /// Every value that backward reads is kept from forward. The baseline.
  record Store() implements Saving {
    @Override
    public String spec() {
      return "store";
    }

    @Override
    public Program apply(Program joint) {
      return joint;
    }
  }

  /// Only values between segments of `every` blocks are kept; what backward reads inside a segment
  /// is computed again just before (Chen et al., "Training deep nets with sublinear memory cost",
  /// arXiv 1604.06174). Clones draw the same random numbers and do not move statistics.
  record Recompute(int every) implements Saving {
    public Recompute {
      if (every < 1) {
        throw new IllegalArgumentException(
            "recompute: blocks per segment at least 1, found " + every);
      }
    }

    @Override
    public String spec() {
      return "recompute:" + every;
    }

    @Override
    public Program apply(Program joint) {
      return new Checkpoint(joint, every).rewrite();
    }
  }

  /// Reads `store`, `recompute` (every 2 blocks) or `recompute:K`.
  static Saving parse(String spec) {
    if (spec.equals("store")) {
      return new Store();
    }
    if (spec.equals("recompute")) {
      return new Recompute(2);
    }
    if (spec.startsWith("recompute:")) {
      String k = spec.substring("recompute:".length());
      if (!k.matches("[0-9]{1,6}")) {
        throw new IllegalArgumentException(
            "recompute takes a number of blocks, found '" + k + "'; for example recompute:2");
      }
      return new Recompute(Integer.parseInt(k));
    }
    throw new IllegalArgumentException(
        "unknown saving policy '" + spec + "'; there are: store, recompute:K");
  }
}
