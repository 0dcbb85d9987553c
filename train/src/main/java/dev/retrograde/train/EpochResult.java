package dev.retrograde.train;

import org.jspecify.annotations.Nullable;

/// An epoch in figures.
///
/// @param epoch from 1
/// @param trainLoss mean over the samples, each as it was when its batch came
/// @param trainAccuracy likewise, from 0 to 1
/// @param test the model after the epoch on the test part, or null where validation is off
/// @param seconds spent in steps, validation apart
public record EpochResult(
    long epoch,
    double trainLoss,
    double trainAccuracy,
    @Nullable Evaluation test,
    double seconds) {}
