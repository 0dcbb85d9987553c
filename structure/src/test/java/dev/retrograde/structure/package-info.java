/// Checks of the house as a whole: which way the arrows between rooms point, cycles, habits.
///
/// `House` holds the rules, `HouseTest` shows that each one catches what it is for (on the classes
/// in `sample`), and `StructureTest` applies them to the product. Start there.
@NullMarked
package dev.retrograde.structure;

import org.jspecify.annotations.NullMarked;
