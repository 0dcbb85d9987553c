package dev.retrograde.structure.sample.attic;

/// Lies in a room that no house lists, in a package without a word about it.
public record Unlisted(int number) {}
