package dev.retrograde.lab.backward;

/// Kinds of layers as saving policies tell them apart: by what backward reads of their values.
public enum LayerKind {
  CONV("convolution"),
  DENSE("dense"),
  BATCH_NORM("batch norm"),
  RELU("relu, leaky relu"),
  ACTIVATION("other activations"),
  MAX_POOL("max pool"),
  AVERAGE_POOL("average pool"),
  DROPOUT("dropout"),
  ADDITION("residual addition"),
  RECURRENT("recurrent"),
  REVERSIBLE("reversible, plain"),
  REVERSIBLE_GRID("reversible, exact form"),
  OWN_RULE("own backward rule"),
  FOREIGN("Java callback");

  private final String text;

  LayerKind(String text) {
    this.text = text;
  }

  /// What people call it.
  public String text() {
    return text;
  }
}
