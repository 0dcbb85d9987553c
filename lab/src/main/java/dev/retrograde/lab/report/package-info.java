/// A record as one HTML page that needs nothing else: no network, no other file, charts drawn here.
///
/// The page shows what a record holds and works nothing out that the record does not; numbers come
/// from [dev.retrograde.lab.compare]. Start at [Report]; a chart is a value that gives SVG.
@NullMarked
package dev.retrograde.lab.report;

import org.jspecify.annotations.NullMarked;
