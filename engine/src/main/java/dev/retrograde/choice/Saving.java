package dev.retrograde.choice;

import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Program;
import dev.retrograde.target.Forecast;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What becomes of the forward values that backward reads: the residuals.
///
/// A policy is a value. It is chosen for a whole model or, with [ByLayer], for the layers that a
/// pattern names; a residual belongs to the layer that makes it.
///
/// | policy | what backward has | gradient |
/// |---|---|---|
/// | [Store] | the value | the baseline |
/// | [Exact] | elementwise values computed again from what is kept anyway | equal, bit for bit |
/// | [Recompute] | values inside groups of blocks computed again | equal, bit for bit |
/// | [Segments] | rows of scans computed again, segment by segment | equal, bit for bit |
/// | [Reversible] | inputs of couplings solved from their outputs | equal on a grid, else rounded |
/// | [Pooled], [PooledQuantized], [PooledAll] | averages over p x p | of weights: biased |
/// | [Quantized] | 8 or 4 bits a number | unbiased noise |
/// | [BlockSparse] | the strongest blocks | of weights: biased |
/// | [Budget] | whatever fits a number of bytes in the least time | as its parts |
public sealed interface Saving {
  /// The spelling on the command line. [#parse] reads back all but that of [ByLayer], whose parts
  /// are a matter of the command line.
  String spec();

  /// Whether the gradient is that of [Store], bit for bit, apart from the rounding of couplings
  /// that are not on a grid.
  boolean lossless();

  /// Every value that backward reads is kept from forward. The baseline.
  record Store() implements Saving {
    @Override
    public String spec() {
      return "store";
    }

    @Override
    public boolean lossless() {
      return true;
    }
  }

  /// Only values between segments of `every` blocks are kept; what backward reads inside a segment
  /// is computed again just before (Chen et al., "Training deep nets with sublinear memory cost",
  /// arXiv 1604.06174). Clones draw the same random numbers and do not move statistics; means and
  /// variances, vectors of a channel each, are kept and not computed again.
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
    public boolean lossless() {
      return true;
    }
  }

  /// Of a scan, such as a recurrent layer makes, the carried values at the cuts between segments of
  /// its rows are kept; backward runs a segment again before it goes back through it (Chen et al.,
  /// arXiv 1604.06174, for chains). Rows that are read elsewhere, such as outputs, stay whole.
  /// Everything outside scans is treated as under [Exact].
  ///
  /// @param pieces into how many segments a scan is cut at most, at least 2; 0 for the square root
  ///   of its rows, where the cuts and the rows of one segment together are fewest
  record Segments(int pieces) implements Saving {
    public Segments {
      if (pieces < 0 || pieces == 1) {
        throw new IllegalArgumentException(
            "segments: at least 2 segments of a scan, or 0 for the root of its rows, found "
                + pieces);
      }
    }

    @Override
    public String spec() {
      return pieces == 0 ? "segments" : "segments:" + pieces;
    }

    @Override
    public boolean lossless() {
      return true;
    }
  }

  /// The inputs of reversible units are solved from their outputs (Gomez et al., "The reversible
  /// residual network", NIPS 2017); inner values of a unit are computed again once, and serve both.
  /// Units that only change the size keep their input. Everything outside the units is treated as
  /// under [Exact].
  record Reversible() implements Saving {
    @Override
    public String spec() {
      return "reversible";
    }

    @Override
    public boolean lossless() {
      return true;
    }
  }

  /// Elementwise values are computed again from values that are kept anyway, such as the input of a
  /// product from the input of the batch norm before it. Mode A.
  record Exact() implements Saving {
    @Override
    public String spec() {
      return "exact";
    }

    @Override
    public boolean lossless() {
      return true;
    }
  }

  /// Inputs of convolutions are kept as averages over p x p for the gradient of the filters (Barley
  /// and Froening, arXiv 2409.11902); signs of activations are kept exactly. Mode P.
  record Pooled(int p) implements Saving {
    public Pooled {
      side("pooled", p);
    }

    @Override
    public String spec() {
      return "pooled:" + p;
    }

    @Override
    public boolean lossless() {
      return p == 1;
    }
  }

  /// [Pooled], and inputs of batch norms in 8 bits. Mode PQ.
  record PooledQuantized(int p) implements Saving {
    public PooledQuantized {
      side("pooledq", p);
    }

    @Override
    public String spec() {
      return "pooledq:" + p;
    }

    @Override
    public boolean lossless() {
      return false;
    }
  }

  /// [Pooled], and inputs of batch norms as averages too. Mode PP, for comparison only: its error
  /// enters every layer below.
  record PooledAll(int p) implements Saving {
    public PooledAll {
      side("pooledall", p);
    }

    @Override
    public String spec() {
      return "pooledall:" + p;
    }

    @Override
    public boolean lossless() {
      return p == 1;
    }
  }

  /// What is kept, mostly inputs of batch norms, has 8 or 4 bits a number, rounded at random, and
  /// elementwise values are computed again from it; signs of activations are kept exactly. Modes Q8
  /// and Q4.
  record Quantized(int bits) implements Saving {
    public Quantized {
      if (bits != 8 && bits != 4) {
        throw new IllegalArgumentException("quantized: 8 or 4 bits, found " + bits);
      }
    }

    @Override
    public String spec() {
      return "quantized:" + bits;
    }

    @Override
    public boolean lossless() {
      return false;
    }
  }

  /// Inputs of dense layers are kept as their strongest blocks (Barley and Froening, arXiv
  /// 2311.16883).
  ///
  /// @param block rows and columns of a block
  /// @param sparsity share of blocks that is dropped, 0 to below 1
  record BlockSparse(int block, double sparsity) implements Saving {
    public BlockSparse {
      if (block < 1 || !(sparsity >= 0 && sparsity < 1)) {
        throw new IllegalArgumentException(
            "blocksparse: a block of at least 1 and a sparsity from 0 to below 1, found "
                + block
                + " and "
                + sparsity);
      }
    }

    @Override
    public String spec() {
      return "blocksparse:" + block + ":" + Double.toString(sparsity);
    }

    @Override
    public boolean lossless() {
      return sparsity == 0;
    }
  }

  /// A policy for the layers that a pattern names.
  record Selection(Glob layers, Saving saving) {
    /// Whether the pattern names this layer, or something that it lies in.
    boolean covers(String path) {
      for (int at = path.length(); at > 0; at = path.lastIndexOf('/', at - 1)) {
        if (layers.matches(path.substring(0, at))) {
          return true;
        }
      }
      return layers.matches("");
    }
  }

  /// Different policies for different layers: the last selection that covers a layer decides.
  ///
  /// @param otherwise for layers that none covers
  record ByLayer(Saving otherwise, List<Selection> selections) implements Saving {
    public ByLayer {
      selections = List.copyOf(selections);
      if (otherwise instanceof ByLayer || otherwise instanceof Budget) {
        throw new IllegalArgumentException(
            "'"
                + otherwise.spec()
                + "' decides for whole models and cannot be one part of several");
      }
      for (Selection s : selections) {
        if (s.saving instanceof ByLayer || s.saving instanceof Budget) {
          throw new IllegalArgumentException(
              "'"
                  + s.saving.spec()
                  + "' decides for whole models and cannot be one part of several");
        }
      }
    }

    /// The policy of a layer.
    public Saving of(String path) {
      for (int i = selections.size() - 1; i >= 0; i--) {
        if (selections.get(i).covers(path)) {
          return selections.get(i).saving;
        }
      }
      return otherwise;
    }

    @Override
    public String spec() {
      return otherwise.spec()
          + selections.stream()
              .map(s -> "+" + s.layers.pattern() + "=" + s.saving.spec())
              .collect(Collectors.joining());
    }

    @Override
    public boolean lossless() {
      return otherwise.lossless() && selections.stream().allMatch(s -> s.saving.lossless());
    }
  }

  /// The fastest mixture of policies, by prediction, of which a step with all its state fits a
  /// number of bytes.
  ///
  /// @param bytes for everything: weights, optimiser, inputs, residuals, workspace
  /// @param lossy whether policies that change the gradient may take part
  record Budget(long bytes, boolean lossy) implements Saving {
    public Budget {
      if (bytes < 1) {
        throw new IllegalArgumentException("budget: at least 1 byte, found " + bytes);
      }
    }

    @Override
    public String spec() {
      return "budget:" + bytes + "B" + (lossy ? ":lossy" : "");
    }

    @Override
    public boolean lossless() {
      return !lossy;
    }
  }

  private static void side(String name, int p) {
    if (p < 1) {
      throw new IllegalArgumentException(name + ": a side of at least 1, found " + p);
    }
  }

  /// Rewrites the joint program of a training step.
  ///
  /// @param forecasts what a program would need, asked by [Budget] only
  /// @throws SavingException where the policy does not fit the program; a budget that cannot be met
  ///   says the least that could be
  default Saved save(Program joint, Function<Program, Forecast> forecasts) {
    return switch (this) {
      case Budget b -> new Frontier(joint, b.lossy(), forecasts).within(b.bytes());
      case ByLayer l -> Rewrite.of(joint, l);
      case Store _,
          Recompute _,
          Segments _,
          Reversible _,
          Exact _,
          Pooled _,
          PooledQuantized _,
          PooledAll _,
          Quantized _,
          BlockSparse _ ->
          Rewrite.of(joint, new ByLayer(this, List.of()));
    };
  }

  /// The same for policies that need no forecast.
  default Program apply(Program joint) {
    return save(
            joint,
            p -> {
              throw new SavingException(
                  "'" + spec() + "' asks what programs need; call save with a target's forecast");
            })
        .program();
  }

  /// Reads a policy: `NAME` or `NAME:ARGUMENT...`, as [#spec] writes it.
  static Saving parse(String spec) {
    return SavingText.parse(spec);
  }
}
