package dev.retrograde.structure.sample.ir;

import dev.retrograde.structure.sample.nn.Layer;

/// Points downwards, and closes a cycle of packages with [Layer].
public record UsesLayer(Layer layer) {}
