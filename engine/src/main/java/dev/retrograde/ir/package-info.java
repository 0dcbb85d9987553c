/// Programs: pure functions over a state store, as blocks of single-assignment nodes.
///
/// An op is one record that carries its shape rule, its derivatives in both directions, its
/// reference evaluation and its documentation; the sealed families are [MapOp], [ReduceOp],
/// [MoveOp], [LinearOp], [WindowOp], [OrderOp], [LinalgOp], [BitOp], [RandomOp], [FrameOp],
/// [RowOp], [TreeOp] and [ControlOp]. Start reading at [Program], then [Node] and [Op], then one
/// family such as [ReduceOp].
///
/// [Printer] and [Parser] give programs a text form, [Verifier] says whether one is well formed.
///
/// How a program comes to be (tracing), how it is differentiated, and how it runs do not belong
/// here.
@NullMarked
package dev.retrograde.ir;

import org.jspecify.annotations.NullMarked;
