package dev.retrograde.lab.backward;

import dev.retrograde.choice.Saving;
import dev.retrograde.lab.backward.Claim.Changes;
import dev.retrograde.lab.backward.Claim.Exact;
import dev.retrograde.lab.backward.Claim.Refused;
import java.util.List;

/// The table of pairs: what every saving policy does to a gradient where backward reads values of a
/// kind of layer, and what comes of two policies in one model. A test builds a network for every
/// cell and checks it.
///
/// Whatever the policy, three things stay exact: signs that an activation or a pool compares, means
/// and variances of norms, and the input of the classifier.
public final class Pairs {
  private static final Exact KEPT = new Exact("all is kept");
  private static final Exact NOTHING = new Exact("backward reads no value that could be lost");

  private Pairs() {}

  /// The policies, one of each kind, in the order of the table.
  public static List<Saving> policies() {
    return List.of(
        new Saving.Store(),
        new Saving.Exact(),
        new Saving.Recompute(2),
        new Saving.Segments(0),
        new Saving.Reversible(),
        new Saving.Pooled(2),
        new Saving.PooledQuantized(2),
        new Saving.PooledAll(2),
        new Saving.Quantized(8),
        new Saving.BlockSparse(16, 0.5),
        new Saving.Budget(96L << 20, false));
  }

  /// What a policy does to the gradient of layers of this kind.
  public static Claim of(Saving saving, LayerKind kind) {
    return switch (saving) {
      case Saving.Store _ -> KEPT;
      case Saving.Exact _ -> new Exact("elementwise values are computed again, equal in every bit");
      case Saving.Recompute _ ->
          new Exact("computed again by the same kernels with the same random numbers");
      case Saving.Segments _ ->
          kind == LayerKind.RECURRENT
              ? new Exact("rows are computed again, segment by segment, equal in every bit")
              : new Exact("as under exact: it has no scan");
      case Saving.Reversible _ -> reversible(kind);
      case Saving.Pooled _ -> pooled(kind);
      case Saving.PooledQuantized _ -> pooledQuantized(kind);
      case Saving.PooledAll _ -> pooledAll(kind);
      case Saving.Quantized _ -> quantized(kind);
      case Saving.BlockSparse _ -> blockSparse(kind);
      case Saving.Budget b -> budget(b, kind);
      case Saving.ByLayer l -> of(l.otherwise(), kind);
    };
  }

  /// What comes of two policies, each for some of the layers of one model.
  public static Claim of(Saving one, Saving other) {
    if (one instanceof Saving.Budget || other instanceof Saving.Budget) {
      return new Refused("a budget decides for all layers and takes no other policy beside it");
    }
    if (one.lossless() && other.lossless()) {
      return new Exact("each is exact on its own layers");
    }
    boolean biased = biased(one) || biased(other);
    boolean random = random(one) || random(other);
    return new Changes(biased, random, "each as on its own layers; neither adds to the other");
  }

  private static Claim reversible(LayerKind kind) {
    return switch (kind) {
      case REVERSIBLE ->
          new Changes(false, false, "inputs are solved from outputs, off by roundings");
      case REVERSIBLE_GRID -> new Exact("inputs are solved from outputs on a grid, without loss");
      case CONV,
          DENSE,
          BATCH_NORM,
          RELU,
          ACTIVATION,
          MAX_POOL,
          AVERAGE_POOL,
          DROPOUT,
          ADDITION,
          RECURRENT,
          OWN_RULE,
          FOREIGN ->
          new Refused(
              "no layer that it covers declares an inverse; beside reversible units it acts as"
                  + " exact");
    };
  }

  private static Claim pooled(LayerKind kind) {
    return switch (kind) {
      case CONV -> new Changes(true, false, "gradients of filters are taken from averages");
      case REVERSIBLE, REVERSIBLE_GRID ->
          new Changes(true, false, "gradients of inner filters are taken from averages");
      case DENSE, BATCH_NORM, ACTIVATION, RECURRENT, OWN_RULE, FOREIGN ->
          new Exact("kept whole: only inputs of convolutions are averaged");
      case RELU, MAX_POOL, AVERAGE_POOL, DROPOUT, ADDITION -> NOTHING;
    };
  }

  private static Claim pooledQuantized(LayerKind kind) {
    return switch (kind) {
      case CONV -> pooled(kind);
      case REVERSIBLE, REVERSIBLE_GRID ->
          new Changes(true, true, "averages for inner filters, 8 bits for inputs of inner norms");
      case DENSE, BATCH_NORM, ACTIVATION, RECURRENT, OWN_RULE, FOREIGN ->
          new Changes(false, true, "the value that it reads has 8 bits, rounded at random");
      case RELU, MAX_POOL, AVERAGE_POOL, DROPOUT, ADDITION -> NOTHING;
    };
  }

  private static Claim pooledAll(LayerKind kind) {
    return switch (kind) {
      case CONV -> pooled(kind);
      case REVERSIBLE, REVERSIBLE_GRID, BATCH_NORM, ACTIVATION, OWN_RULE, FOREIGN ->
          new Changes(true, false, "it reads averages, and the error goes on to all layers below");
      case DENSE, RECURRENT -> new Exact("kept whole: it reads no map that could be averaged");
      case RELU, MAX_POOL, AVERAGE_POOL, DROPOUT, ADDITION -> NOTHING;
    };
  }

  private static Claim quantized(LayerKind kind) {
    return switch (kind) {
      case CONV, DENSE, BATCH_NORM, ACTIVATION, RECURRENT, OWN_RULE, FOREIGN ->
          new Changes(false, true, "the value that it reads has few bits, rounded at random");
      case REVERSIBLE, REVERSIBLE_GRID ->
          new Changes(false, true, "what its functions read has few bits, rounded at random");
      case RELU, MAX_POOL, AVERAGE_POOL, DROPOUT, ADDITION -> NOTHING;
    };
  }

  private static Claim blockSparse(LayerKind kind) {
    return switch (kind) {
      case DENSE -> new Changes(true, false, "gradients of weights miss the weakest blocks");
      case CONV,
          BATCH_NORM,
          ACTIVATION,
          RECURRENT,
          REVERSIBLE,
          REVERSIBLE_GRID,
          OWN_RULE,
          FOREIGN ->
          new Exact("kept whole or computed again: only inputs of dense layers are thinned");
      case RELU, MAX_POOL, AVERAGE_POOL, DROPOUT, ADDITION -> NOTHING;
    };
  }

  private static Claim budget(Saving.Budget budget, LayerKind kind) {
    if (budget.lossy()) {
      return quantized(kind);
    }
    return kind == LayerKind.REVERSIBLE
        ? new Changes(false, false, "where it takes reversible, off by roundings")
        : new Exact("mixes store, exact, recompute, segments and reversible only");
  }

  private static boolean biased(Saving s) {
    return s instanceof Saving.Pooled
        || s instanceof Saving.PooledQuantized
        || s instanceof Saving.PooledAll
        || s instanceof Saving.BlockSparse;
  }

  private static boolean random(Saving s) {
    return s instanceof Saving.PooledQuantized || s instanceof Saving.Quantized;
  }
}
