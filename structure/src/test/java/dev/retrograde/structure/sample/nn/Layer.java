package dev.retrograde.structure.sample.nn;

import dev.retrograde.structure.sample.ir.Program;

/// Points upwards, as it may.
public record Layer(Program program) {}
