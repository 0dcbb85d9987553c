/// Networks whose course depends on data or on time, measured beside libtorch and beside an eager
/// engine of our own: a TreeLSTM over sentiment trees, recurrent networks over characters, a small
/// convolutional network.
///
/// What is compared is how a program with control flow is run, so every side computes the same
/// losses from the same first weights: libtorch with autograd, [Tape] (operator overloading over
/// our own kernels), callbacks, and programs that are compiled whole. Suites are in
/// [dev.retrograde.bench.suite]. Start reading at [TreeWork] and [TreeSide].
@NullMarked
package dev.retrograde.bench.control;

import org.jspecify.annotations.NullMarked;
