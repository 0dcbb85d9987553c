package dev.retrograde.bench.control;

import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Differentiation by operator overloading with our own kernels: each operator runs at once and
/// writes itself on a tape, which is walked backwards.
///
/// Design note. It shows what staging is worth: its arithmetic is that of compiled programs, its
/// way of running that of libtorch's eager mode. So every operator is a program of one op
/// ([TapeOp]), looked up by the types of its inputs; values lie outside the heap in buffers that
/// last for one step, and are copied to and from where a program reads and writes; parameters,
/// their gradients and the optimiser's sums are entries of one store and are never copied.
/// Operators are no larger than those that libtorch runs as one.
///
/// Belongs to the thread that made it, which closes it.
public final class Tape implements AutoCloseable {
  private static final String RATE = "lr";

  private final StateStore state;
  private final Function<Program, Executable> compiler;
  private final Map<String, Type> parameters;
  private final List<TapeOp> ops = new ArrayList<>();
  private final List<Executable> updates = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final StepBuffers buffers = new StepBuffers();
  private final TapeOp sum;
  private long dispatches;
  private long recorded;

  /// A value of a step.
  public static final class Var {
    private final Type type;
    private final MemorySegment value;
    private final boolean active;
    private @Nullable MemorySegment cotangent;

    private Var(Type type, MemorySegment value, boolean active) {
      this.type = type;
      this.value = value;
      this.active = active;
    }

    Type type() {
      return type;
    }

    MemorySegment value() {
      return value;
    }

    boolean active() {
      return active;
    }
  }

  private record Entry(TapeOp.Form form, Var result, Var... inputs) {}

  /// What a step did.
  ///
  /// @param dispatches operators run: forwards, backwards, additions of cotangents, updates
  /// @param recorded entries written on the tape
  public record Counts(long dispatches, long recorded) {}

  /// @param parameters by name
  /// @param rate of Adagrad
  public Tape(Target target, Map<String, Type> parameters, double rate) {
    this.parameters = new LinkedHashMap<>(parameters);
    List<Program> programs =
        parameters.entrySet().stream().map(e -> update(e.getKey(), e.getValue())).toList();
    this.state = StateStore.of(0, programs.toArray(Program[]::new));
    this.compiler = TapeOp.compiler(target, state);
    for (Program program : programs) {
      Executable update = compiler.apply(program);
      update.input(RATE).set(ValueLayout.JAVA_FLOAT, 0, (float) rate);
      updates.add(update);
    }
    sum = op("add", List.of(), (t, in, _) -> t.add(in.get(0), in.get(1)));
  }

  private static Program update(String parameter, Type type) {
    return Trace.program(
        "update." + parameter,
        true,
        t -> {
          t.state(parameter, Role.PARAMETER, type, new Init.Fill(0));
          String slot = TapeOp.gradientOf(parameter);
          Tensor gradient = t.state(slot, Role.OPTIMIZER, type, new Init.Fill(0));
          Tensor lr = t.input(RATE, Type.of(DType.F32));
          PeerAdagrad.update(t, parameter, gradient, t.cast(lr, type.dtype()));
          t.assign(slot, t.zeros(type));
        });
  }

  /// An operator.
  ///
  /// @param reads names of the parameters that it reads
  TapeOp op(String name, List<String> reads, TapeOp.Body body) {
    Map<String, Type> types = new LinkedHashMap<>();
    for (String parameter : reads) {
      Type type = parameters.get(parameter);
      if (type == null) {
        throw new IllegalArgumentException(
            "Operator '%s': no parameter '%s', there are %s"
                .formatted(name, parameter, parameters.keySet()));
      }
      types.put(parameter, type);
    }
    TapeOp made = new TapeOp(name, types, body, compiler);
    ops.add(made);
    return made;
  }

  /// The memory of a parameter, of its gradient or of a sum, borrowed.
  MemorySegment entry(String name) {
    return state.segment(name);
  }

  /// A value without gradient.
  ///
  /// @param value borrowed as long as the step lasts
  Var constant(Type type, MemorySegment value) {
    return new Var(type, value, false);
  }

  /// A value whose cotangent is wanted.
  Var variable(Type type, MemorySegment value) {
    return new Var(type, value, true);
  }

  /// Runs an operator.
  Var apply(TapeOp op, Var... inputs) {
    TapeOp.Form form = op.form(inputs);
    Var result = new Var(form.result(), buffers.take(form.result().bytes()), form.differentiable());
    form.run(result.value, inputs);
    dispatches++;
    if (result.active) {
      entries.add(new Entry(form, result, inputs));
      recorded++;
    }
    return result;
  }

  /// Walks the tape backwards from a loss of one element, whose cotangent is 1, and empties it.
  /// Gradients of parameters are added to what their entries hold.
  void backward(Var loss) {
    MemorySegment one = buffers.take(loss.type.bytes());
    switch (loss.type.dtype()) {
      case F32 -> one.set(ValueLayout.JAVA_FLOAT, 0, 1);
      case F64 -> one.set(ValueLayout.JAVA_DOUBLE, 0, 1);
      default -> throw new IllegalArgumentException("a loss is f32 or f64, found " + loss.type);
    }
    loss.cotangent = one;
    for (Entry entry : entries.reversed()) {
      MemorySegment cotangent = entry.result.cotangent;
      if (cotangent != null) {
        entry.form.back().run(this, cotangent, entry.inputs);
        dispatches++;
      }
    }
    entries.clear();
  }

  /// The cotangent of a variable after [#backward], borrowed until the step ends.
  MemorySegment cotangent(Var of) {
    MemorySegment c = of.cotangent;
    if (c == null) {
      throw new IllegalStateException("no cotangent reached " + of.type);
    }
    return c;
  }

  /// Adds to a value's cotangent.
  void accumulate(Var to, MemorySegment given) {
    MemorySegment before = to.cotangent;
    if (before == null) {
      MemorySegment own = buffers.take(to.type.bytes());
      own.copyFrom(given);
      to.cotangent = own;
    } else {
      Var a = new Var(to.type, before, false);
      Var b = new Var(to.type, given, false);
      sum.form(a, b).run(before, a, b);
      dispatches++;
    }
  }

  /// Adagrad for every parameter; gradients are zero afterwards.
  void update() {
    for (Executable update : updates) {
      update.run();
      dispatches++;
    }
  }

  /// Ends a step: all its values are gone. Returns what it did.
  Counts endStep() {
    Counts counts = new Counts(dispatches, recorded);
    entries.clear();
    buffers.reset();
    dispatches = 0;
    recorded = 0;
    return counts;
  }

  /// Bytes of buffers that steps have needed at most.
  long bufferBytes() {
    return buffers.bytes();
  }

  @Override
  public void close() {
    ops.forEach(TapeOp::close);
    updates.forEach(Executable::close);
    buffers.close();
    state.close();
  }

  /// Memory outside the heap that lasts for one step.
  private static final class StepBuffers {
    private static final long CHUNK = 4 << 20;

    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> chunks = new ArrayList<>();
    private int chunk;
    private long at;

    MemorySegment take(long bytes) {
      long size = Math.max(64, (bytes + 63) / 64 * 64);
      if (chunks.isEmpty() || at + size > chunks.get(chunk).byteSize()) {
        next(size);
      }
      MemorySegment taken = chunks.get(chunk).asSlice(at, bytes);
      at += size;
      return taken;
    }

    private void next(long least) {
      chunk = chunks.isEmpty() ? 0 : chunk + 1;
      if (chunk == chunks.size() || chunks.get(chunk).byteSize() < least) {
        chunks.add(chunk, arena.allocate(Math.max(CHUNK, least), 64));
      }
      at = 0;
    }

    void reset() {
      chunk = 0;
      at = 0;
    }

    long bytes() {
      return chunks.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    void close() {
      arena.close();
    }
  }
}
