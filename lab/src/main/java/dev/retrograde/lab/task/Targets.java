package dev.retrograde.lab.task;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Trace;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The targets of this installation, tried in the order of their speed.
///
/// Modules announce theirs as services of [Target]; the interpreter is always there. A target
/// counts as usable when it has compiled and run a program of one node, so that whatever forbids it
/// on a machine (no such instructions, no executable pages) is found before training begins. Each
/// is tried when it is first asked for: whoever gets the fastest does not wait for the others.
///
/// Belongs to one thread.
public final class Targets {
  private static final System.Logger LOG = System.getLogger("dev.retrograde.lab");

  /// From fast to slow.
  private static final List<String> ORDER = List.of("x64", "jvm", "interp");

  private static final int MOST_FAILURES = 16;

  private final Map<String, Target> found = new LinkedHashMap<>();
  private final Map<String, Candidate> tried = new HashMap<>();

  /// One target of this installation.
  ///
  /// @param name such as `x64`
  /// @param target empty if its module could not even be loaded
  /// @param problem why it cannot be used; empty if it can
  public record Candidate(String name, Optional<Target> target, String problem) {
    /// Whether programs can be compiled for it here.
    public boolean usable() {
      return target.isPresent() && problem.isEmpty();
    }
  }

  /// What was chosen, and why not something faster.
  ///
  /// @param target to compile for
  /// @param why empty if it is the fastest there could be, or was asked for by name
  public record Chosen(Target target, String why) {}

  private Targets(List<Target> all) {
    all.forEach(t -> found.put(t.name(), t));
  }

  /// Looks for all targets.
  public static Targets find() {
    List<Target> all = new ArrayList<>();
    Iterator<Target> found = ServiceLoader.load(Target.class).iterator();
    int failures = 0;
    while (failures < MOST_FAILURES) {
      try {
        if (!found.hasNext()) {
          break;
        }
        all.add(found.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        // The iterator goes on behind what it could not load, but for a broken class path.
        failures++;
        LOG.log(System.Logger.Level.WARNING, "a target could not be loaded: {0}", reason(e));
      }
    }
    if (all.stream().noneMatch(t -> t.name().equals("interp"))) {
      all.add(new InterpTarget());
    }
    return new Targets(all);
  }

  /// Of these targets only.
  static Targets of(List<Target> targets) {
    return new Targets(targets);
  }

  /// All that have a name, usable or not, from fast to slow.
  public List<Candidate> all() {
    return names().map(this::candidate).toList();
  }

  private Stream<String> names() {
    return Stream.concat(ORDER.stream(), found.keySet().stream()).distinct();
  }

  private Candidate candidate(String name) {
    return tried.computeIfAbsent(
        name,
        n -> {
          Target t = found.get(n);
          return t == null
              ? new Candidate(n, Optional.empty(), "not part of this installation")
              : tried(t);
        });
  }

  /// The fastest usable target for `auto`, or the one of this name.
  ///
  /// @throws IllegalArgumentException if there is no such target or it cannot be used here
  public Chosen choose(String name) {
    if (!name.equals("auto")) {
      if (names().noneMatch(name::equals)) {
        throw new IllegalArgumentException(
            "target '"
                + name
                + "': expected auto or one of "
                + names().collect(Collectors.joining(", ")));
      }
      Candidate named = candidate(name);
      if (!named.usable()) {
        throw new IllegalArgumentException(
            "target '%s' cannot be used here: %s. Use --target auto for the fastest that can."
                .formatted(name, named.problem()));
      }
      return new Chosen(named.target().orElseThrow(), "");
    }
    List<String> passed = new ArrayList<>();
    for (String each : names().toList()) {
      Candidate c = candidate(each);
      if (c.usable()) {
        String why = String.join("; ", passed);
        if (!why.isEmpty()) {
          LOG.log(
              System.Logger.Level.INFO,
              "target {0}; {1} (another by --target NAME)",
              c.name(),
              why);
        }
        return new Chosen(c.target().orElseThrow(), why);
      }
      passed.add(c.name() + ": " + c.problem());
    }
    throw new AssertionError("the interpreter could not be used: " + passed);
  }

  private static Candidate tried(Target target) {
    try {
      return new Candidate(target.name(), Optional.of(target), trial(target));
    } catch (RuntimeException | LinkageError e) {
      return new Candidate(target.name(), Optional.of(target), reason(e));
    }
  }

  private static String trial(Target target) {
    Program twice =
        Trace.program(
            "trial",
            false,
            t -> {
              var x = t.input("x", Type.of(DType.F32, 3));
              t.output("y", t.add(x, x));
            });
    try (StateStore state = StateStore.of(0, twice);
        Executable run = target.compile(twice, state, Target.Options.DEFAULT)) {
      for (int i = 0; i < 3; i++) {
        run.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, i, i + 0.5f);
      }
      run.run();
      for (int i = 0; i < 3; i++) {
        float found = run.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, i);
        if (found != 2 * i + 1) {
          return "it computed " + found + " for " + (i + 0.5f) + " + " + (i + 0.5f);
        }
      }
      return "";
    }
  }

  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
