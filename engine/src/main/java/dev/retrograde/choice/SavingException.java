package dev.retrograde.choice;

/// A saving policy that cannot serve a program, with the reason and the cure.
public final class SavingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public SavingException(String message) {
    super(message);
  }
}
