package dev.retrograde.lab.backward;

import dev.retrograde.ir.Glob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What to compare, as the command line spells it:
///
/// ```
/// runs = run {"," run}
/// run  = part {"+" part}
/// part = [glob "="] name {":" arg}
/// ```
///
/// Blanks around signs are allowed and not printed; apart from them, parsing and printing
/// round-trip.
///
/// @param source the text that was parsed
/// @param runs at least one
public record BackwardSpec(String source, List<BackwardRun> runs) {
  public BackwardSpec {
    runs = List.copyOf(runs);
  }

  /// Reads a specification.
  ///
  /// @throws BackwardSpecException with a caret under the place that cannot be read
  public static BackwardSpec parse(String source) {
    return new BackwardSpec(source, new SpecReader(source).runs());
  }

  /// With `store` in front, where no run is exactly that; each run once.
  public BackwardSpec withBaseline() {
    List<BackwardRun> all = new ArrayList<>();
    all.add(BackwardRun.STORE);
    runs.stream().filter(r -> !all.contains(r)).forEach(all::add);
    return new BackwardSpec(source, all.stream().distinct().toList());
  }

  /// Checks that every pattern names a layer.
  ///
  /// @param layers the model's layer paths
  /// @throws BackwardSpecException with a caret under a pattern that matches nothing
  public void check(Collection<String> layers) {
    for (BackwardRun run : runs) {
      for (Part part : run.parts()) {
        if (part.layers().isPresent() && layers.stream().noneMatch(part::covers)) {
          String some = layers.stream().limit(8).collect(Collectors.joining(", "));
          throw new BackwardSpecException(
              source,
              place(part.layers().get()),
              "'%s' matches no layer; there are %s%s"
                  .formatted(part.layers().get(), some, layers.size() > 8 ? ", ..." : ""));
        }
      }
    }
  }

  private int place(Glob glob) {
    Matcher found =
        Pattern.compile("(?<=^|[,+])\\s*(" + Pattern.quote(glob.pattern()) + ")\\s*=")
            .matcher(source);
    return found.find() ? found.start(1) : 0;
  }

  @Override
  public String toString() {
    return runs.stream().map(BackwardRun::toString).collect(Collectors.joining(","));
  }
}
