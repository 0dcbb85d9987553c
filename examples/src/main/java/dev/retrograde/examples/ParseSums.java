package dev.retrograde.examples;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// A parser that learns what names mean: recursion over a text, while the program runs.
///
/// ```
/// sum     = product [ "+" sum ]
/// product = factor [ "*" product ]
/// factor  = name | "(" sum ")"
/// ```
///
/// Each rule is a function of the program, from a place in the text to a value and the place behind
/// it; they call each other. Texts and their values are given, the numbers behind the names are
/// not: gradients go back through the parse, another one for each text.
public final class ParseSums {
  /// Characters of a text, by their code; `;` ends an expression.
  private static final String CODES = ";+*()abcde";

  private static final int END = 0;
  private static final int PLUS = 1;
  private static final int TIMES = 2;
  private static final int OPEN = 3;
  private static final int NAMES = 5;

  private static final Type REAL = Type.of(DType.F64);
  private static final Type WHOLE = Type.of(DType.I32);
  static final List<Double> HIDDEN = List.of(2.0, -1.0, 0.5, 1.5, -0.25);

  private ParseSums() {}

  /// The grammar as functions.
  ///
  /// @param text codes, `i32[room]`: an input of the program, which functions may read
  /// @param names what each name means
  private record Grammar(Trace t, Control c, Tensor text, Tensor names) {
    private Tensor code(int of) {
      return t.constant(DType.I32, of);
    }

    private Tensor at(Tensor place) {
      return t.op(new MoveOp.Gather(), text, place);
    }

    private Callable rule(String name) {
      return c.function(name, false, List.of(WHOLE), List.of(REAL, WHOLE));
    }

    /// Defines all rules; returns that of a sum.
    Callable define() {
      Callable sum = rule("sum");
      Callable product = rule("product");
      Callable factor = rule("factor");
      sum.define(p -> joined(p.get(0), product, PLUS, Primitive.ADD, sum));
      product.define(p -> joined(p.get(0), factor, TIMES, Primitive.MUL, product));
      factor.define(p -> factor(p.get(0), sum));
      return sum;
    }

    /// `first [ operator rest ]`.
    private List<Tensor> joined(
        Tensor place, Callable first, int operator, Primitive f, Callable rest) {
      List<Tensor> a = first.call(place);
      return c.cond(
          t.equal(at(a.get(1)), code(operator)),
          () -> {
            List<Tensor> b = rest.call(t.add(a.get(1), 1));
            return List.of(t.apply(f, a.get(0), b.get(0)), b.get(1));
          },
          () -> a);
    }

    private List<Tensor> factor(Tensor place, Callable sum) {
      return c.cond(
          t.equal(at(place), code(OPEN)),
          () -> {
            List<Tensor> inner = sum.call(t.add(place, 1));
            return List.of(inner.get(0), t.add(inner.get(1), 1));
          },
          () -> {
            Tensor name = t.sub(at(place), code(NAMES));
            return List.of(t.op(new MoveOp.Gather(), names, name), t.add(place, 1));
          });
    }
  }

  /// Parses and evaluates `count` expressions, one after another in one text; gives the mean square
  /// of what they miss the values stated by.
  ///
  /// @param room characters of the text, with the `;` that ends each expression
  /// @param most expressions that there may be
  static Tensor loss(Trace t, int room, int most) {
    Control c = new Control(t);
    Tensor text = t.input("text", Type.of(DType.I32, room));
    Tensor count = t.input("count", WHOLE);
    Tensor stated = t.input("values", Type.of(DType.F64, most));
    Tensor names = t.parameter("names", DType.F64, new Init.Fill(1), HIDDEN.size());
    Callable sum = new Grammar(t, c, text, names).define();
    Tensor zero = t.constant(DType.F64, 0);
    List<Tensor> all =
        c.forLoop(
            count,
            most,
            List.of(t.constant(DType.I32, 0), zero, zero),
            (i, v) -> {
              List<Tensor> parsed = sum.call(v.get(0));
              Tensor miss = t.sub(parsed.get(0), t.op(new MoveOp.Gather(), stated, i));
              Tensor squares = t.add(v.get(1), t.mul(miss, miss));
              return List.of(t.add(parsed.get(1), 1), squares, parsed.get(0)); // behind the `;`
            });
    t.output("last value", all.get(2));
    return t.div(all.get(1), t.cast(count, DType.F64));
  }

  /// A training step: texts and values in, better numbers behind the names out.
  static Program step(int room, int most) {
    return Trace.program(
        "parse",
        true,
        t -> {
          Tensor loss = loss(t, room, most);
          Map<String, Value> wrt = Map.of("names", t.stateValue("names").value());
          t.output("loss", loss);
          Map<String, Tensor> gradients = new HashMap<>();
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> gradients.put(name, new Tensor(g)));
          Optimizers.adam(0.03).update(t, gradients, t.constant(DType.F32, 0.03));
        });
  }

  /// Expressions with what they are worth.
  record Texts(List<String> expressions, double[] values) {
    static Texts random(long seed, int count) {
      SplittableRandom r = new SplittableRandom(seed);
      List<String> texts = Stream.generate(() -> sum(r, 3)).limit(count).toList();
      return of(texts);
    }

    static Texts of(List<String> texts) {
      return new Texts(texts, texts.stream().mapToDouble(x -> new Plain(x).sum()).toArray());
    }

    private static String sum(SplittableRandom r, int deep) {
      String p = product(r, deep);
      return deep < 0 || r.nextInt(2) == 0 ? p : p + "+" + sum(r, deep - 1);
    }

    private static String product(SplittableRandom r, int deep) {
      String f = factor(r, deep);
      return deep < 1 || r.nextInt(3) > 0 ? f : f + "*" + product(r, deep - 1);
    }

    private static String factor(SplittableRandom r, int deep) {
      boolean inner = deep > 0 && r.nextInt(3) == 0;
      return inner ? "(" + sum(r, deep - 1) + ")" : "" + (char) ('a' + r.nextInt(HIDDEN.size()));
    }

    /// Fills the inputs of a step. Expressions are taken to follow the grammar.
    void fill(Executable run) {
      String text = String.join(";", expressions) + ";";
      MemorySegment codes = run.input("text");
      if (4L * text.length() > codes.byteSize()) {
        throw new IllegalArgumentException(
            text.length() + " characters, there is room for " + codes.byteSize() / 4);
      }
      codes.fill((byte) END);
      for (int i = 0; i < text.length(); i++) {
        codes.setAtIndex(ValueLayout.JAVA_INT, i, CODES.indexOf(text.charAt(i)));
      }
      run.input("count").set(ValueLayout.JAVA_INT, 0, expressions.size());
      for (int i = 0; i < values.length; i++) {
        run.input("values").setAtIndex(ValueLayout.JAVA_DOUBLE, i, values[i]);
      }
    }
  }

  /// The same grammar in plain Java with the hidden numbers: where the values come from.
  private static final class Plain {
    private final String text;
    private int place;

    Plain(String text) {
      this.text = text + ";";
    }

    double sum() {
      double a = product();
      return take('+') ? a + sum() : a;
    }

    private double product() {
      double a = factor();
      return take('*') ? a * product() : a;
    }

    private double factor() {
      if (take('(')) {
        double a = sum();
        place++;
        return a;
      }
      return HIDDEN.get(text.charAt(place++) - 'a');
    }

    private boolean take(char c) {
      boolean is = text.charAt(place) == c;
      place += is ? 1 : 0;
      return is;
    }
  }

  public static void main(String[] args) {
    Texts texts = Texts.random(1, 40);
    String unseen = "(a+b*c)*((d+e)*(a+(b+c)*d))";
    System.out.println("learns from " + texts.expressions().subList(0, 5) + " ...");
    Program p = step(1_000, 40);
    Target target = Targets.find().choose("auto").target();
    try (StateStore state = StateStore.of(1, p);
        Executable run = target.compile(p, state, Target.Options.DEFAULT)) {
      texts.fill(run);
      for (int i = 0; i <= 400; i++) {
        HostTensor names = state.get("names");
        run.run();
        if (i % 100 == 0) {
          double loss = run.output("loss").get(ValueLayout.JAVA_DOUBLE, 0);
          System.out.printf(Locale.ROOT, "step %4d  loss %.6f  %s%n", i, loss, shown(names));
        }
      }
      Texts other = Texts.of(List.of(unseen));
      other.fill(run);
      run.run();
      System.out.printf(
          Locale.ROOT,
          "%s = %.3f, expected %.3f%n",
          unseen,
          run.output("last value").get(ValueLayout.JAVA_DOUBLE, 0),
          other.values()[0]);
    }
  }

  private static String shown(HostTensor names) {
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      s.append(String.format(Locale.ROOT, "  %c %.3f", 'a' + i, names.get(i)));
    }
    return s.substring(2);
  }
}
