/// The kernel language: loops over vector registers.
///
/// A kernel is a nest of counted loops around straight-line code on registers of a fixed number of
/// lanes. Schedules decide tiles and orders when they write it; a target only allocates registers
/// and prints. Written for one lane it is scalar code, for 8 or 16 it is AVX2 or AVX-512 code.
/// Start reading at [Kernel], then [Stmt] and [Code].
///
/// What is computed together (fusion) and how (schedules) belong to `pass`.
@NullMarked
package dev.retrograde.loop;

import org.jspecify.annotations.NullMarked;
