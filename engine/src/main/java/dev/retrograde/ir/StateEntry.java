package dev.retrograde.ir;

/// One named tensor of the state store, shared by all programs that name it.
///
/// @param name dotted, such as `stage1.block0.conv.weight`
public record StateEntry(String name, Type type, Role role, Init init) {
  public StateEntry {
    if (type.ragged()) {
      throw new IllegalArgumentException("state '" + name + "' must have a static shape: " + type);
    }
  }

  /// What an entry is for. Parameters carry gradients; derived entries are re-made, not saved.
  public enum Role {
    PARAMETER,
    STATISTIC,
    OPTIMIZER,
    POLICY,
    PER_SAMPLE,
    DERIVED
  }

  /// The value an entry starts with; random ones draw from a key made of the seed and the name.
  public sealed interface Init {
    record Fill(double value) implements Init {}

    record Normal(double mean, double deviation) implements Init {}

    /// A normal cut at two deviations.
    record TruncatedNormal(double deviation) implements Init {}

    record Uniform(double low, double high) implements Init {}
  }
}
