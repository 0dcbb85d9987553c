/// The interpreter: what a program means. Slow, obvious, one call an op.
@NullMarked
package dev.retrograde.interp;

import org.jspecify.annotations.NullMarked;
