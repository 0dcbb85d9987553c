/// Single products and convolutions on oneDNN, called through its C interface.
///
/// Start reading at [dev.retrograde.bench.onednn.DnnlKernel]. The library chooses its own layouts;
/// conversions from and to ours are left out of what is timed.
@NullMarked
package dev.retrograde.bench.onednn;

import org.jspecify.annotations.NullMarked;
