package dev.retrograde.loop;

import java.util.ArrayList;
import java.util.List;

/// A constant plus multiples of loop variables. Terms are ordered by variable, without zeros.
public record Affine(long constant, List<Term> terms) {
  public Affine {
    terms = List.copyOf(terms);
  }

  /// `factor` times loop variable `var`.
  public record Term(int var, long factor) {}

  public static Affine of(long constant) {
    return new Affine(constant, List.of());
  }

  public static Affine var(int var) {
    return new Affine(0, List.of(new Term(var, 1)));
  }

  public long factor(int var) {
    for (Term t : terms) {
      if (t.var == var) {
        return t.factor;
      }
    }
    return 0;
  }

  public Affine plus(long c) {
    return new Affine(constant + c, terms);
  }

  public Affine plus(Affine o) {
    List<Term> out = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < terms.size() || j < o.terms.size()) {
      Term a = i < terms.size() ? terms.get(i) : null;
      Term b = j < o.terms.size() ? o.terms.get(j) : null;
      if (b == null || (a != null && a.var < b.var)) {
        out.add(java.util.Objects.requireNonNull(a));
        i++;
      } else if (a == null || b.var < a.var) {
        out.add(b);
        j++;
      } else {
        if (a.factor + b.factor != 0) {
          out.add(new Term(a.var, a.factor + b.factor));
        }
        i++;
        j++;
      }
    }
    return new Affine(constant + o.constant, out);
  }

  public Affine times(long f) {
    if (f == 0) {
      return of(0);
    }
    return new Affine(
        constant * f, terms.stream().map(t -> new Term(t.var, t.factor * f)).toList());
  }

  /// Without the constant.
  public Affine linear() {
    return new Affine(0, terms);
  }

  @Override
  public String toString() {
    StringBuilder s = new StringBuilder();
    for (Term t : terms) {
      s.append(s.isEmpty() ? "" : "+");
      s.append(t.factor == 1 ? "" : t.factor + "*").append('i').append(t.var);
    }
    if (s.isEmpty() || constant != 0) {
      s.append(s.isEmpty() || constant < 0 ? "" : "+").append(constant);
    }
    return s.toString();
  }
}
