package dev.retrograde.callback;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.Iterator;
import java.util.Set;

/// Where in the user's code an operator was called, for messages: `mul (Net.java:41)`.
final class Place {
  private static final StackWalker WALKER = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

  /// Classes whose methods the user calls by name.
  private static final Set<Class<?>> FACES =
      Set.of(Ops.class, Flow.class, Losses.class, Sequences.class, Vision.class, Callbacks.class);

  private static final Set<Class<?>> OTHERS =
      Set.of(
          Arithmetic.class,
          Array.class,
          Contraction.class,
          Expr.class,
          Index.class,
          Joined.class,
          Lattice.class,
          Once.class,
          Place.class,
          Product.class,
          Tree.class,
          Unary.class,
          Var.class);

  private Place() {}

  /// The operator that runs and the line that called it.
  static String here() {
    return WALKER.walk(frames -> describe(frames.iterator()));
  }

  static IllegalArgumentException fail(String message) {
    return new IllegalArgumentException(here() + ": " + message);
  }

  /// The line of the user's code that runs.
  static String line() {
    return here().replaceFirst("^[^(]*\\(", "").replaceFirst("\\)$", "");
  }

  private static String describe(Iterator<StackFrame> frames) {
    String op = "callback";
    while (frames.hasNext()) {
      StackFrame f = frames.next();
      Class<?> type = f.getDeclaringClass().getNestHost();
      if (FACES.contains(type)) {
        op = f.getMethodName().startsWith("lambda$") ? op : f.getMethodName();
      } else if (!OTHERS.contains(type) && !type.getPackageName().startsWith("java.")) {
        return op + " (" + f.getFileName() + ":" + f.getLineNumber() + ")";
      }
    }
    return op;
  }
}
