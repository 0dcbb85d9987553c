package dev.retrograde.nn.recurrent;

/// Recurrent networks in plain Java, a sequence at a time, for comparison.
final class Reference {
  private Reference() {}

  /// A cell's name, sizes and numbers: `input [in][gates hidden]`, `recurrent [hidden][gates
  /// hidden]`, `bias [gates hidden]`, and the second bias of a GRU.
  record Weights(
      String cell,
      int in,
      int hidden,
      double[] input,
      double[] recurrent,
      double[] bias,
      double[] second) {}

  /// One sequence: rows `[length][in]` to `[length][hidden]`.
  static double[][] walk(Weights w, double[][] rows, boolean reverse) {
    double[] h = new double[w.hidden];
    double[] c = new double[w.hidden];
    double[][] out = new double[rows.length][];
    for (int k = 0; k < rows.length; k++) {
      int at = reverse ? rows.length - 1 - k : k;
      double[] x = sums(w, rows[at], w.input);
      double[] u = sums(w, h, w.recurrent);
      double[] next = new double[w.hidden];
      for (int j = 0; j < w.hidden; j++) {
        next[j] = unit(w, x, u, h, c, j);
      }
      h = next;
      out[at] = h;
    }
    return out;
  }

  private static double unit(Weights w, double[] x, double[] u, double[] h, double[] c, int j) {
    int n = w.hidden;
    double[] b = w.bias;
    switch (w.cell) {
      case "rnn" -> {
        return Math.tanh(x[j] + b[j] + u[j]);
      }
      case "relu" -> {
        return Math.max(0, x[j] + b[j] + u[j]);
      }
      case "lstm" -> {
        double i = sigmoid(x[j] + u[j] + b[j]);
        double f = sigmoid(x[n + j] + u[n + j] + b[n + j]);
        double g = Math.tanh(x[2 * n + j] + u[2 * n + j] + b[2 * n + j]);
        double o = sigmoid(x[3 * n + j] + u[3 * n + j] + b[3 * n + j]);
        c[j] = f * c[j] + i * g;
        return o * Math.tanh(c[j]);
      }
      case "gru" -> {
        double r = sigmoid(x[j] + u[j] + b[j]);
        double z = sigmoid(x[n + j] + u[n + j] + b[n + j]);
        double m = x[2 * n + j] + b[2 * n + j] + r * (u[2 * n + j] + w.second[j]);
        return z * h[j] + (1 - z) * Math.tanh(m);
      }
      default -> throw new IllegalArgumentException(w.cell);
    }
  }

  private static double[] sums(Weights w, double[] row, double[] matrix) {
    int wide = w.bias.length;
    double[] sums = new double[wide];
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < wide; j++) {
        sums[j] += row[i] * matrix[i * wide + j];
      }
    }
    return sums;
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
