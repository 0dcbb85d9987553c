package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Frames: what one run of a block leaves for the backward pass, when how often it runs is known
/// only at run time.
///
/// A frame is a value like any other: an immutable record of tensors and of other frames, seen from
/// outside as one handle, so that the two blocks of a branch may leave different things and a loop
/// may chain the frames of its trips. A target keeps frames on a stack that is emptied when a run
/// ends.
public sealed interface FrameOp extends Op {
  /// Why reverse mode does not go through frames.
  String ONCE =
      "frames belong to a backward pass; take second derivatives by forward over reverse mode";

  /// The type of a handle.
  Type HANDLE = Type.of(DType.FRAME);

  @Override
  default List<HostTensor> eval(List<HostTensor> operands, List<Type> results) {
    throw new AssertionError(name() + " is run by its target, which owns the stack of frames");
  }

  @Override
  default List<@Nullable Value> vjp(
      Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
    return Op.notDifferentiable(n, ONCE);
  }

  /// A frame of its operands, tensors and frames, in order.
  record Pack() implements FrameOp {
    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(HANDLE);
    }

    /// The tangent of a frame is the frame of the tangents, those of integers left out.
    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      List<Value> parts = new ArrayList<>();
      for (int i = 0; i < n.operands().size(); i++) {
        Type t = n.operand(i).type();
        Value v = tangents.get(i);
        if (v != null) {
          parts.add(v);
        } else if (t.dtype().isFloat()) {
          parts.add(e.zeros(t));
        } else if (t.dtype() == DType.FRAME) {
          parts.add(e.add(new Pack())); // A frame without tangent is the end of a chain.
        }
      }
      return List.of(e.add(new Pack(), parts.toArray(Value[]::new)));
    }
  }

  /// What a frame was made of: operand a frame, results of these types.
  record Unpack(List<Type> types) implements FrameOp {
    public Unpack {
      types = List.copyOf(types);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      if (!in.equals(List.of(HANDLE))) {
        throw new IllegalArgumentException("expected one frame, found " + in);
      }
      return types;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      List<@Nullable Value> out = new ArrayList<>();
      Value frame = tangents.get(0);
      List<Type> moving = types.stream().filter(Unpack::moves).toList();
      List<Value> parts =
          frame == null ? List.of() : e.addAll(new Unpack(moving), List.of(frame), List.of());
      int at = 0;
      for (Type t : types) {
        out.add(frame != null && moves(t) ? parts.get(at++) : null);
      }
      return out;
    }

    private static boolean moves(Type t) {
      return t.dtype().isFloat() || t.dtype() == DType.FRAME;
    }
  }
}
