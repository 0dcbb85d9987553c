/// The `retrograde` command: one class a subcommand, options they share, what a terminal shows.
///
/// Work that a program could want to do is done in the lab; here are words, exit codes and
/// progress. Start at [Main].
@NullMarked
package dev.retrograde.cli;

import org.jspecify.annotations.NullMarked;
