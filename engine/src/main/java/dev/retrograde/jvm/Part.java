package dev.retrograde.jvm;

import dev.retrograde.loop.Reg;
import java.util.List;

/// One method of a printed class: a stretch of the kernel.
///
/// Registers that it reads before it sets them come in as parameters, as do the variables of loops
/// around it. Registers that are read elsewhere leave through the scratch.
///
/// @param name of the method
/// @param vars variables of enclosing loops, outermost first
/// @param in registers that come in as parameters
/// @param more registers that come in through the scratch, where parameters would be too many
/// @param out registers that leave
record Part(
    String name, List<Item> body, List<Integer> vars, List<Reg> in, List<Reg> more, List<Reg> out) {
  Part {
    body = List.copyOf(body);
    vars = List.copyOf(vars);
    in = List.copyOf(in);
    more = List.copyOf(more);
    out = List.copyOf(out);
  }
}
