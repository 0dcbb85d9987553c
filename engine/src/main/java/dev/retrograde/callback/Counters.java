package dev.retrograde.callback;

/// What a run did.
///
/// @param ops operators that were dispatched
/// @param callbacks callbacks that operators and combinators ran
/// @param arrays that were made: results, cotangents, and what the rules compute on the way
/// @param depth most callbacks that were open at a time
public record Counters(long ops, long callbacks, long arrays, long depth) {}
