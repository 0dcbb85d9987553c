package dev.retrograde.structure.sample.nn;

/// Prints, and ends the process.
public final class Printer {
  public void print() {
    System.out.println("printed");
  }

  public void exit() {
    System.exit(1);
  }
}
