package dev.retrograde.nn.update;

import dev.retrograde.choice.TouchedRows;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Program;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An optimiser that leaves rows of tables alone that a step did not look up.
record RowOptimizer(Optimizer whole, TouchedRows touched) implements Optimizer {
  @Override
  public double rate() {
    return whole.rate();
  }

  @Override
  public String spec() {
    StringBuilder s = new StringBuilder(whole.spec());
    touched.names().forEach(g -> s.append(":rows=").append(g));
    return s.toString();
  }

  @Override
  public void update(Trace t, Map<String, Tensor> gradients, Tensor lr) {
    whole.update(t, gradients, lr);
  }

  @Override
  public Program finish(Program step) {
    return touched.apply(whole.finish(step));
  }

  @Override
  public Optimizer rows(String glob) {
    List<Glob> all = new ArrayList<>(touched.names());
    all.add(Glob.of(glob));
    return new RowOptimizer(whole, new TouchedRows(all));
  }
}
