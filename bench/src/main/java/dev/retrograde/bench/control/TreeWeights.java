package dev.retrograde.bench.control;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// First values of the binary TreeLSTM's parameters and of its classifier's, in the layout of
/// [dev.retrograde.nn.recurrent.BinaryTreeLstm]: gates side by side, `[in, gates x hidden]`.
///
/// Matrices are uniform from `-sqrt(6 / (in + hidden))` to that (Glorot and Bengio, AISTATS 2010),
/// biases are 0.
///
/// @param width numbers of a word vector
/// @param hidden numbers of each part of a node's state
public record TreeWeights(int width, int hidden) {
  /// Gates of a leaf: i, o, u.
  static final int LEAF_GATES = 3;

  /// Gates of an inner node: i, o, u, left f, right f.
  static final int INNER_GATES = 5;

  static final String LEAF = "leaf";
  static final String LEAF_BIAS = "leaf_bias";
  static final String LEFT = "left";
  static final String RIGHT = "right";
  static final String BIAS = "bias";
  static final String FC = "fc.weight";
  static final String FC_BIAS = "fc.bias";

  /// The specification's task: 300-wide words, 150 hidden numbers, 361,805 parameters.
  public static TreeWeights standard() {
    return new TreeWeights(TreeWork.WIDTH, 150);
  }

  /// Values by name.
  public Map<String, float[]> draw(long seed) {
    Map<String, float[]> values = new LinkedHashMap<>();
    Random random = new Random(seed);
    values.put(LEAF, uniform(random, width * LEAF_GATES * hidden, width + hidden));
    values.put(LEAF_BIAS, new float[LEAF_GATES * hidden]);
    values.put(LEFT, uniform(random, hidden * INNER_GATES * hidden, 3 * hidden));
    values.put(RIGHT, uniform(random, hidden * INNER_GATES * hidden, 3 * hidden));
    values.put(BIAS, new float[(INNER_GATES - 1) * hidden]);
    values.put(FC, uniform(random, hidden * TreeWork.CLASSES, hidden + TreeWork.CLASSES));
    values.put(FC_BIAS, new float[TreeWork.CLASSES]);
    return values;
  }

  private static float[] uniform(Random random, int length, int fans) {
    float bound = (float) Math.sqrt(6.0 / fans);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return values;
  }

  /// Rows of a matrix.
  int rows(String matrix) {
    return switch (matrix) {
      case LEAF -> width;
      case LEFT, RIGHT, FC -> hidden;
      default -> 1;
    };
  }

  /// One gate's columns of values `[rows, gates x hidden]`, row-major.
  static float[] gate(float[] all, int rows, int gate, int hidden) {
    int wide = all.length / rows;
    float[] some = new float[rows * hidden];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, row * wide + gate * hidden, some, row * hidden, hidden);
    }
    return some;
  }
}
