package dev.retrograde.ir;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a node does. An op lives in one place: a record with its shape rule, derivatives, reference
/// evaluation and documentation.
///
/// Rules build IR through [Emit], so they differentiate and compile again. A reverse rule ([#vjp])
/// decides by what it reads what must be kept for backward: it reads the least.
public sealed interface Op
    permits MapOp,
        ReduceOp,
        MoveOp,
        LinearOp,
        WindowOp,
        OrderOp,
        LinalgOp,
        BitOp,
        RandomOp,
        FrameOp,
        RowOp,
        TreeOp,
        KernelOp,
        ControlOp {
  /// The name in the text form: the record's simple name.
  default String name() {
    return getClass().getSimpleName();
  }

  /// Types of the results for operands of these types.
  ///
  /// @throws IllegalArgumentException with what was expected and found; [Emit] adds the place
  List<Type> infer(List<Type> operands);

  /// The same for an op with nested blocks.
  default List<Type> infer(List<Type> operands, List<Block> blocks) {
    return infer(operands);
  }

  /// Cotangents of the operands, null where none flows.
  ///
  /// @param cotangents of the results, null where none arrived
  /// @param wanted which operands need one
  List<@Nullable Value> vjp(
      Emit e, Node node, List<@Nullable Value> cotangents, List<Boolean> wanted);

  /// Tangents of the results.
  ///
  /// @param tangents of the operands, null where zero
  List<@Nullable Value> jvp(Emit e, Node node, List<@Nullable Value> tangents);

  /// Reference evaluation: slow, obvious, and what the op means.
  List<HostTensor> eval(List<HostTensor> operands, List<Type> results);

  /// Multiply-adds of one application, 0 for ops that do not multiply.
  default long macs(List<Type> operands, List<Type> results) {
    return 0;
  }

  /// Whether two applications to equal operands give equal results and may be merged or removed.
  default boolean pure() {
    return true;
  }

  /// Whether it costs nothing to keep the operand instead of the result: reshapes, broadcasts,
  /// casts. Such results are never residuals; backward applies the op again.
  default boolean free() {
    return false;
  }

  /// What a rule answers for an op that has no derivative.
  static <T> T notDifferentiable(Node node, String because) {
    throw new NoGradientException(
        node.op().name() + " '" + node.origin() + "' has no derivative: " + because);
  }
}
