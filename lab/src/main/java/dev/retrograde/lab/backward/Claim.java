package dev.retrograde.lab.backward;

/// What becomes of the gradient where two choices meet, or a choice and a layer. Each is tested.
public sealed interface Claim {
  /// In one or two words, for a table.
  String word();

  /// In a short sentence.
  String text();

  /// The gradient is that of `store`, bit for bit.
  record Exact(String text) implements Claim {
    @Override
    public String word() {
      return "exact";
    }
  }

  /// The gradient is another one.
  ///
  /// @param biased whether its mean over many draws is off
  /// @param random whether it depends on draws
  /// @param text which part of the gradient, and how
  record Changes(boolean biased, boolean random, String text) implements Claim {
    @Override
    public String word() {
      return biased ? random ? "bias, noise" : "bias" : random ? "noise" : "rounding";
    }
  }

  /// The two do not go together, for the reason that the text states.
  record Refused(String text) implements Claim {
    @Override
    public String word() {
      return "refused";
    }
  }
}
