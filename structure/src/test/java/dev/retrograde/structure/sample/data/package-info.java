/// A room of the sample house.
@NullMarked
package dev.retrograde.structure.sample.data;

import org.jspecify.annotations.NullMarked;
