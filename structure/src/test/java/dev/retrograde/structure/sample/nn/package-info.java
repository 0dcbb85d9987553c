/// A room of the sample house.
@NullMarked
package dev.retrograde.structure.sample.nn;

import org.jspecify.annotations.NullMarked;
