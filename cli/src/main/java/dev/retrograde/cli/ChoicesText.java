package dev.retrograde.cli;

import dev.retrograde.choice.Saving;
import dev.retrograde.lab.backward.Claim;
import dev.retrograde.lab.backward.LayerKind;
import dev.retrograde.lab.backward.Pairs;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The table of pairs as text.
final class ChoicesText {
  private static final int WIDTH = 96;

  private ChoicesText() {}

  static void print(PrintWriter out) {
    List<Saving> policies = Pairs.policies();
    out.println("What a saving policy does to the gradient, by what backward reads it for");
    out.println();
    List<List<String>> table = new ArrayList<>();
    table.add(head("layer", policies));
    for (LayerKind kind : LayerKind.values()) {
      List<String> line = new ArrayList<>(List.of(kind.text()));
      policies.forEach(p -> line.add(Pairs.of(p, kind).word()));
      table.add(line);
    }
    out.print(Screen.table(table, new int[0]));
    out.println();
    out.println("Two policies in one model, each for some layers");
    out.println();
    List<List<String>> pairs = new ArrayList<>();
    pairs.add(head("policy", policies));
    for (Saving one : policies) {
      List<String> line = new ArrayList<>(List.of(name(one)));
      policies.forEach(other -> line.add(Pairs.of(one, other).word()));
      pairs.add(line);
    }
    out.print(Screen.table(pairs, new int[0]));
    out.println();
    out.print(
        Screen.wrapped(
            "exact: every bit as under store. rounding: off by the last bits. noise: another"
                + " gradient each step, right on average. bias: off in one direction. Signs that"
                + " activations and pools compare, statistics of norms and the classifier's input"
                + " are exact under every policy.",
            "",
            WIDTH));
    out.println();
    policies.forEach(p -> notes(out, p));
    out.flush();
  }

  private static void notes(PrintWriter out, Saving policy) {
    Map<String, List<String>> by = new LinkedHashMap<>();
    for (LayerKind kind : LayerKind.values()) {
      Claim c = Pairs.of(policy, kind);
      by.computeIfAbsent(c.word() + ": " + c.text(), k -> new ArrayList<>()).add(kind.text());
    }
    out.println(name(policy));
    by.forEach((claim, kinds) ->
        out.print(
            Screen.wrapped(
                (kinds.size() == LayerKind.values().length ? "" : String.join("; ", kinds) + " - ")
                    + claim,
                "  ",
                WIDTH)));
  }

  private static List<String> head(String first, List<Saving> policies) {
    List<String> line = new ArrayList<>(List.of(first));
    policies.forEach(p -> line.add(name(p)));
    return line;
  }

  private static String name(Saving policy) {
    return policy.spec().split(":", 2)[0];
  }
}
