/// The suites that the command line finds: training steps beside libtorch, kernels beside oneDNN.
///
/// They put contenders, timing and rows together; how each works stands in its own room. Start
/// reading at [dev.retrograde.bench.suite.PeersSuite].
@NullMarked
package dev.retrograde.bench.suite;

import org.jspecify.annotations.NullMarked;
