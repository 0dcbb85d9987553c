package dev.retrograde.bench.control;

import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Set;

/// The switches of a compiled TreeLSTM.
///
/// @param name of the mixture, as rows show it
/// @param form how nodes are run: by level or one by one, gradients of weights deferred or not
/// @param gates whether the gates of a child share a product
/// @param oneSweep whether Adagrad is part of the step, so that it may be computed where a gradient
///   is; else gradients are stored and two programs sweep over all parameters afterwards
/// @param disabled passes of the compiler that are off
public record TreeStaging(
    String name, TreeOp.Form form, GateForm gates, boolean oneSweep, Set<String> disabled) {
  private static final String GRADIENT = "optimizer.gradient.";

  /// Copies the set.
  public TreeStaging {
    disabled = Set.copyOf(disabled);
  }

  /// By level, everything on.
  public static TreeStaging batched() {
    return new TreeStaging(
        "staged, by level", TreeOp.Form.standard(), GateForm.MERGED, true, Set.of());
  }

  /// Node by node, gradients of weights deferred, everything else on.
  public static TreeStaging perNode() {
    return new TreeStaging("staged, node by node", nodes(true), GateForm.MERGED, true, Set.of());
  }

  private static TreeOp.Form nodes(boolean deferred) {
    TreeOp.Form standard = TreeOp.Form.standard();
    return new TreeOp.Form(false, deferred, standard.widths());
  }

  /// Every switch off in turn, from the mixture with all on.
  public static List<TreeStaging> ablation() {
    TreeStaging all = batched();
    TreeOp.Form standard = TreeOp.Form.standard();
    TreeOp.Form strict = new TreeOp.Form(true, false, standard.widths());
    return List.of(
        all.named("all on"),
        new TreeStaging("fusion off", standard, all.gates, true, Set.of("fuse")),
        new TreeStaging("epilogues of products off", standard, all.gates, true, Set.of("epilogue")),
        new TreeStaging("gate merge off", standard, GateForm.APART, true, Set.of()),
        new TreeStaging("deferral off", strict, all.gates, true, Set.of()),
        new TreeStaging("level batching off", nodes(true), all.gates, true, Set.of()),
        new TreeStaging("one-sweep update off", standard, all.gates, false, Set.of()),
        new TreeStaging(
            "all off", nodes(false), GateForm.APART, false, Set.of("fuse", "epilogue")));
  }

  private TreeStaging named(String other) {
    return new TreeStaging(other, form, gates, oneSweep, disabled);
  }

  /// How to compile.
  Target.Options options() {
    return new Target.Options(1, disabled);
  }

  /// Stores a gradient for the sweeps.
  void keep(Trace t, String parameter, Tensor gradient) {
    t.state(GRADIENT + parameter, Role.OPTIMIZER, gradient.type(), new Init.Fill(0));
    t.assign(GRADIENT + parameter, gradient);
  }

  /// Adagrad in two sweeps over all parameters of a step: first the sums, then the parameters.
  List<Program> sweeps(Program step, double rate) {
    List<StateEntry> parameters =
        step.state().stream()
            .map(Program.StateParam::entry)
            .filter(e -> e.role() == Role.PARAMETER)
            .toList();
    return List.of(
        Trace.program(
            "sums",
            true,
            t ->
                parameters.forEach(e -> {
                  Tensor g = declared(t, e);
                  t.assign(PeerAdagrad.sumOf(e.name()), PeerAdagrad.summed(t, e.name(), g));
                })),
        Trace.program(
            "parameters",
            true,
            t ->
                parameters.forEach(e -> {
                  Tensor g = declared(t, e);
                  Tensor lr = t.constant(DType.F32, rate);
                  Tensor sum = PeerAdagrad.sum(t, e.name());
                  t.assign(e.name(), PeerAdagrad.moved(t, e.name(), g, sum, lr));
                })));
  }

  private static Tensor declared(Trace t, StateEntry e) {
    Type type = e.type();
    t.state(e.name(), Role.PARAMETER, type, e.init());
    return t.state(GRADIENT + e.name(), Role.OPTIMIZER, type, new Init.Fill(0));
  }
}
