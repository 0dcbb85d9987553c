package dev.retrograde.bench.memory;

import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.choice.Saving;
import java.util.List;

/// What one process measures: a side of the suite and how it is set. Travels to the process as
/// words of its command line.
public sealed interface MemoryCase {
  /// Our step.
  ///
  /// @param target name of the target it is compiled for
  /// @param saving what is kept for backward
  record Ours(String target, Saving saving) implements MemoryCase {}

  /// libtorch's step.
  ///
  /// @param layout how images are stored
  /// @param allocator how the C library treats freed memory
  record Peer(TorchLayout layout, TorchAllocator allocator) implements MemoryCase {}

  /// The words from which [#parse] makes this case again.
  default List<String> words() {
    return switch (this) {
      case Ours(String target, Saving saving) -> List.of("ours", target, saving.spec());
      case Peer(TorchLayout layout, TorchAllocator allocator) ->
          List.of("peer", layout.name(), allocator.name());
    };
  }

  /// Reads what [#words] wrote.
  static MemoryCase parse(List<String> words) {
    if (words.size() == 3 && words.getFirst().equals("ours")) {
      return new Ours(words.get(1), Saving.parse(words.get(2)));
    }
    if (words.size() == 3 && words.getFirst().equals("peer")) {
      return new Peer(TorchLayout.valueOf(words.get(1)), TorchAllocator.valueOf(words.get(2)));
    }
    throw new IllegalArgumentException(
        "Memory case: expected 'ours TARGET SAVING' or 'peer LAYOUT ALLOCATOR', found " + words);
  }
}
