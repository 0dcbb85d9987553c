package dev.retrograde.callback;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Which axes of two arrays are multiplied, summed and kept, in index notation: `ij,jk->ik` is a
/// matrix product, `ij,kj->ik` one with the second matrix transposed, `i,j->ij` an outer product,
/// `i,i->` a dot product, `bij,bjk->bik` a product for each b.
///
/// @param a one letter for each axis of the first array
/// @param b one letter for each axis of the second array
/// @param out letters of the result; letters that it lacks are summed over
public record Contraction(String a, String b, String out) {
  public static final Contraction DOT = of("i,i->");
  public static final Contraction OUTER = of("i,j->ij");
  public static final Contraction MATRIX_VECTOR = of("ij,j->i");
  public static final Contraction MATRIX_MATRIX = of("ij,jk->ik");

  public Contraction {
    if (out.chars().anyMatch(c -> a.indexOf(c) < 0 && b.indexOf(c) < 0)) {
      throw new IllegalArgumentException(
          "a letter of '" + out + "' is on neither side of '" + a + "," + b + "'");
    }
    if (out.chars().distinct().count() != out.length()) {
      throw new IllegalArgumentException("a letter occurs twice in the result '" + out + "'");
    }
  }

  /// Reads `a,b->out`.
  public static Contraction of(String text) {
    int comma = text.indexOf(',');
    int arrow = text.indexOf("->");
    if (comma < 0 || arrow < comma) {
      throw new IllegalArgumentException(
          "expected letters as in 'ij,jk->ik', found '" + text + "'");
    }
    return new Contraction(
        text.substring(0, comma), text.substring(comma + 1, arrow), text.substring(arrow + 2));
  }

  /// The sum for arrays of these shapes, and the shape of its result.
  record Bound(Product sum, int[] shape) {}

  Bound bind(int[] p, int[] q) {
    check(a, p);
    check(b, q);
    List<Character> letters = new ArrayList<>();
    for (char c : (out + a + b).toCharArray()) {
      if (!letters.contains(c)) {
        letters.add(c);
      }
    }
    int[] extents = letters.stream().mapToInt(c -> extent(c, p, q)).toArray();
    int[] shape = out.chars().map(c -> extents[letters.indexOf((char) c)]).toArray();
    Product sum =
        new Product(
            extents, strides(letters, out, shape), strides(letters, a, p), strides(letters, b, q));
    return new Bound(sum, shape);
  }

  private void check(String letters, int[] shape) {
    if (letters.length() != shape.length) {
      throw Place.fail(
          this
              + " wants "
              + letters.length()
              + " axes for '"
              + letters
              + "', found shape "
              + Arrays.toString(shape));
    }
  }

  private int extent(char c, int[] p, int[] q) {
    int found = -1;
    String all = a + b;
    for (int i = 0; i < all.length(); i++) {
      if (all.charAt(i) == c) {
        int n = i < a.length() ? p[i] : q[i - a.length()];
        if (found >= 0 && n != found) {
          throw Place.fail(
              this
                  + ": axis '"
                  + c
                  + "' is "
                  + found
                  + " and "
                  + n
                  + " in shapes "
                  + Arrays.toString(p)
                  + " and "
                  + Arrays.toString(q)
                  + "; give both the same size");
        }
        found = n;
      }
    }
    return found;
  }

  private static int[] strides(List<Character> letters, String axes, int[] shape) {
    int[] s = new int[letters.size()];
    int stride = 1;
    for (int i = axes.length() - 1; i >= 0; i--) {
      s[letters.indexOf(axes.charAt(i))] += stride;
      stride *= shape[i];
    }
    return s;
  }

  @Override
  public String toString() {
    return a + "," + b + "->" + out;
  }
}
