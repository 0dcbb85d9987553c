/// The words in which a backward pass is chosen: `store,recompute:4`,
/// `stage1.*=pooled:4+quantized:8`.
///
/// Reading, checking and printing them, and turning a run into the engine's own choices. What a
/// choice does to a program is the engine's work, not this room's. Start at [BackwardSpec]; the
/// table of names is [Choice].
@NullMarked
package dev.retrograde.lab.backward;

import org.jspecify.annotations.NullMarked;
