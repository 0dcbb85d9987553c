package dev.retrograde.choice;

import java.util.List;

/// A forward value that backward reads, and what became of it.
///
/// @param value its name in the program's text form
/// @param layer path of the layer that makes it
/// @param op what makes it
/// @param bytes it has
/// @param kept bytes that are kept from forward for backward in its place
/// @param policy how backward gets it, such as `store`, `remade`, `inverse`, `quantized:8`
/// @param readers the layers whose backward reads it
/// @param reason why this policy was taken
public record Residual(
    String value,
    String layer,
    String op,
    long bytes,
    long kept,
    String policy,
    List<String> readers,
    String reason) {
  public Residual {
    readers = List.copyOf(readers);
  }
}
