/// A room of the sample house.
@NullMarked
package dev.retrograde.structure.sample.ir;

import org.jspecify.annotations.NullMarked;
