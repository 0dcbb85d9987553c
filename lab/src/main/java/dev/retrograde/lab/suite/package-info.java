/// Suites of measurements with figures that must be met, and the ones that need nothing but this
/// project.
///
/// Suites that measure against other engines live in the unpublished bench module and announce
/// themselves as services of [Suite]. Start there.
@NullMarked
package dev.retrograde.lab.suite;

import org.jspecify.annotations.NullMarked;
