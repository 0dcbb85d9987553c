/// Codes for what backward keeps: how a forward value becomes fewer bytes, and what backward reads
/// of them.
///
/// A [Code] emits nodes and knows nothing about who calls it: which values are coded, and with
/// what, is decided by the policies of `dev.retrograde.choice`, and no policy belongs here.
/// `encode` goes into the forward part of a training step, `decode` or a gradient that reads the
/// code itself ([Pooling#filterGrad], [BlockSparse#weightGrad]) into its backward part. Every code
/// compiles to kernels, and its bits depend on neither target nor threads.
///
/// Start reading at [Code]. After Barley and Froening, "Less memory means smaller GPUs:
/// backpropagation with compressed activations" (arXiv 2409.11902) and "Compressing the backward
/// pass of large-scale neural architectures by structured activation pruning" (arXiv 2311.16883),
/// of which the abstracts were followed; what they leave open is decided here.
@NullMarked
package dev.retrograde.choice.coding;

import org.jspecify.annotations.NullMarked;
