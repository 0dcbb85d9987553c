package dev.retrograde.x64.memory;

/// Whole pages of memory from the operating system.
interface Pages {
  /// What may be done with a page.
  enum Access {
    NONE,
    READ_WRITE,
    READ_EXECUTE
  }

  /// What the operating system answered: an address, or why not.
  ///
  /// @param address of the first byte; 0 if refused
  /// @param error the name or number of the operating system's error; empty if granted
  record Answer(long address, String error) {
    boolean granted() {
      return error.isEmpty();
    }
  }

  /// Bytes in a page.
  long pageBytes();

  /// Maps fresh pages, zeroed, readable and writable.
  Answer map(long bytes);

  /// Changes what may be done with mapped pages.
  Answer protect(long address, long bytes, Access access);

  /// Asks for large pages behind mapped ones; whether they come does not matter.
  default void preferLarge(long address, long bytes) {}

  /// Gives pages back.
  void unmap(long address, long bytes);

  /// The given number of bytes rounded up to whole pages.
  default long roundUp(long bytes) {
    long page = pageBytes();
    return Math.ceilDiv(bytes, page) * page;
  }
}
