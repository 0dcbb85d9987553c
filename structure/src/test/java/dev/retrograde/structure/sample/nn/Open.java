package dev.retrograde.structure.sample.nn;

/// Open to inheritance.
public class Open {}
