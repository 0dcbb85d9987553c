package dev.retrograde.x64;

/// A place that a family's register leads to.
///
/// @param family whose register holds the moving part
/// @param displacement bytes to add
record Address(Family family, int displacement) {}
