package dev.retrograde.runtime;

import java.util.List;

/// What compiling did, for people: the program after each pass, and every kernel.
///
/// @param stages the program after each pass, in their order
/// @param launches kernels of one run, in their order
/// @param kernels the distinct kernels that `launches` refers to
public record Listing(List<Stage> stages, List<Launch> launches, List<Text> kernels) {
  public Listing {
    stages = List.copyOf(stages);
    launches = List.copyOf(launches);
    kernels = List.copyOf(kernels);
  }

  /// The program after a pass, in its text form.
  public record Stage(String pass, String program) {}

  /// One thing that a run does, most of the time a kernel.
  ///
  /// @param name layer path and ops
  /// @param phase forward, backward or update
  /// @param kernel index of its code, or [#HEAP], or [#NONE]
  /// @param macs multiply-adds
  /// @param buffers what it reads and writes
  public record Launch(String name, String phase, int kernel, long macs, List<String> buffers) {
    /// A node evaluated on the heap.
    public static final int HEAP = -1;

    /// A branch, a loop, a call, or a move of rows: no kernel.
    public static final int NONE = -2;

    public Launch {
      buffers = List.copyOf(buffers);
    }
  }

  /// Code of a kernel: as loops, and as the target printed it.
  public record Text(String loops, String code) {}
}
