package dev.retrograde.structure.sample.ir;

/// Breaks no rule.
public record Program(String text) {}
