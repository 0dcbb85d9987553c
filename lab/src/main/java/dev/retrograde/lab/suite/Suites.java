package dev.retrograde.lab.suite;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/// The suites of this installation.
///
/// @param all by name
public record Suites(List<Suite> all) {
  public Suites {
    all = all.stream().sorted(Comparator.comparing(Suite::name)).toList();
  }

  /// Finds every announced suite.
  public static Suites find() {
    List<Suite> found = new ArrayList<>();
    ServiceLoader.load(Suite.class).forEach(found::add);
    return new Suites(found);
  }

  /// The suite of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public Suite named(String name) {
    return all.stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "suite '%s' is not in this installation; there are: %s. Suites that measure against other engines come with the bench module, built from a checkout."
                    .formatted(
                        name, all.stream().map(Suite::name).collect(Collectors.joining(", ")))));
  }
}
