package dev.retrograde.bench.control;

import static dev.retrograde.bench.control.CharWork.BATCH;
import static dev.retrograde.bench.control.CharWork.BIAS;
import static dev.retrograde.bench.control.CharWork.FC;
import static dev.retrograde.bench.control.CharWork.FC_BIAS;
import static dev.retrograde.bench.control.CharWork.HIDDEN;
import static dev.retrograde.bench.control.CharWork.INPUT;
import static dev.retrograde.bench.control.CharWork.RECURRENT;
import static dev.retrograde.bench.control.CharWork.SYMBOLS;
import static dev.retrograde.bench.control.CharWork.TIME;

import dev.retrograde.bench.libtorch.TorchThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The network over characters on libtorch, either by its recurrent layer or by a loop over cells.
/// One-hot inputs and labels are tensors before anything is timed.
///
/// libtorch's layers have two biases; the second is held at zero without a gradient, so that both
/// sides train the same numbers. The loop multiplies all inputs at once before it, as the layer
/// does.
public final class TorchChars implements CharSide {
  private final CharCell cell;
  private final boolean fused;
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> targets = new ArrayList<>();
  private final Tensor start;
  private final Tensor row;
  private final Tensor noBias;
  private @Nullable TorchLeaves leaves;

  /// @param fused whether libtorch's layer does the loop
  /// @param threads that libtorch uses
  public TorchChars(CharWork work, CharCell cell, boolean fused, int threads) {
    this.cell = cell;
    this.fused = fused;
    new TorchThreads().set(threads);
    try (PointerScope _ = new PointerScope()) {
      for (int[] batch : work.batches()) {
        float[] hot = new float[TIME * BATCH * SYMBOLS];
        long[] labels = new long[TIME * BATCH];
        int[] in = CharWork.inputs(batch);
        int[] out = CharWork.targets(batch);
        for (int time = 0; time < TIME; time++) {
          for (int b = 0; b < BATCH; b++) {
            hot[(time * BATCH + b) * SYMBOLS + in[b * TIME + time]] = 1;
            labels[time * BATCH + b] = out[b * TIME + time];
          }
        }
        inputs.add(kept(Tensor.create(hot, TIME, BATCH, SYMBOLS)));
        targets.add(kept(Tensor.create(labels)));
      }
      start = kept(torch.zeros(1, BATCH, HIDDEN));
      row = kept(torch.zeros(BATCH, HIDDEN));
      noBias = kept(torch.zeros((long) cell.gates() * HIDDEN));
    }
  }

  private static Tensor kept(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  @Override
  public String name() {
    return fused ? "libtorch, its layer" : "libtorch, loop over cells";
  }

  @Override
  public void restart(Map<String, float[]> first) {
    if (leaves != null) {
      leaves.close();
    }
    leaves = new TorchLeaves(first, CharWork.rows(), CharWork.RATE);
  }

  @Override
  public float step(int batch) {
    TorchLeaves p = leaves;
    if (p == null) {
      throw new IllegalStateException("libtorch: no parameters yet; call restart first");
    }
    p.forgetGradients();
    try (Tensor loss = loss(p, batch)) {
      return p.learn(loss);
    }
  }

  private Tensor loss(TorchLeaves p, int batch) {
    try (PointerScope _ = new PointerScope()) {
      Tensor states = fused ? layer(p, inputs.get(batch)) : loop(p, inputs.get(batch));
      Tensor logits =
          torch.linear(states.reshape(TIME * BATCH, HIDDEN), p.tensor(FC), p.optional(FC_BIAS));
      return kept(torch.cross_entropy_loss(logits, targets.get(batch)));
    }
  }

  /// All hidden states, `[time, batch, hidden]`.
  private Tensor layer(TorchLeaves p, Tensor x) {
    TensorVector weights =
        new TensorVector(p.tensor(INPUT), p.tensor(RECURRENT), p.tensor(BIAS), noBias);
    return switch (cell) {
      case RNN -> torch.rnn_tanh(x, start, weights, true, 1, 0, true, false, false).get0();
      case LSTM ->
          torch
              .lstm(x, new TensorVector(start, start), weights, true, 1, 0, true, false, false)
              .get0();
    };
  }

  private Tensor loop(TorchLeaves p, Tensor x) {
    TensorVector rows = torch.linear(x, p.tensor(INPUT), p.optional(BIAS)).unbind();
    Tensor recurrent = p.tensor(RECURRENT).t();
    Tensor h = row;
    Tensor c = row;
    Tensor[] states = new Tensor[TIME];
    for (int time = 0; time < TIME; time++) {
      Tensor sum = torch.addmm(rows.get(time), h, recurrent);
      if (cell == CharCell.RNN) {
        h = sum.tanh();
      } else {
        TensorVector gates = sum.chunk(cell.gates(), 1);
        Tensor in = gates.get(0).sigmoid().mul(gates.get(2).tanh());
        c = gates.get(1).sigmoid().mul(c).add(in);
        h = gates.get(3).sigmoid().mul(c.tanh());
      }
      states[time] = h;
    }
    return torch.stack(new TensorVector(states), 0);
  }

  @Override
  public void close() {
    if (leaves != null) {
      leaves.close();
      leaves = null;
    }
    inputs.forEach(Tensor::close);
    targets.forEach(Tensor::close);
    start.close();
    row.close();
    noBias.close();
  }
}
