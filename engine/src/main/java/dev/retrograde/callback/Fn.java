package dev.retrograde.callback;

/// A function in continuation-passing style: computes its result and hands it on.
@FunctionalInterface
public interface Fn<A, B> {
  void run(A x, Cont<B> k);
}
