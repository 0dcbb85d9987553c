package dev.retrograde.bench.memory;

import dev.retrograde.bench.engine.EngineContender;
import dev.retrograde.bench.libtorch.LibtorchSettings;
import dev.retrograde.bench.libtorch.TorchPeer;
import dev.retrograde.bench.machine.CorePinning;
import dev.retrograde.bench.machine.NativeSettings;
import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.Contender;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.PeerSuite;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.lab.record.ResidentSet;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.runtime.MemoryReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;

/// A process that trains one side for a few steps and writes what memory it took.
///
/// Design note. Resident memory counts everything: the Java heap, libraries, compiled code. What a
/// side takes is a difference, and both ends of it must be alike. [ChildJvm] fixes the heap and
/// touches it before `main`, so that it does not grow. The side then rehearses: it is built, runs
/// two steps with a single sample and is closed, which loads libraries and classes and touches the
/// code that steps run; the C library is told to give freed memory back. That is idle. Then the
/// side is built with the real batch; then the peak begins anew, and some steps run: libtorch makes
/// its optimiser's state at the end of the first and has everything at once from the second on.
public final class MemoryProcess {
  /// Steps of a measurement.
  private static final int STEPS = 3;

  private static final int REHEARSAL_STEPS = 2;
  private static final int READINGS = 10;
  private static final long READING_NANOS = 50_000_000;
  private static final long SEED = 7;

  private final PeerTask task;
  private final MemoryCase measured;
  private final int threads;

  private MemoryProcess(PeerTask task, MemoryCase measured, int threads) {
    this.task = task;
    this.measured = measured;
    this.threads = threads;
  }

  /// The work of a process, as words for [#main].
  ///
  /// @param task name of the task
  /// @param batch samples a step
  /// @param threads that a step uses
  static List<String> words(String task, MemoryCase measured, int batch, int threads, Path result) {
    List<String> side = measured.words();
    return List.of(
        task,
        side.get(0),
        side.get(1),
        side.get(2),
        Integer.toString(batch),
        Integer.toString(threads),
        result.toString());
  }

  /// Takes what [#words] made; writes the reading to its last word.
  public static void main(String[] words) throws InterruptedException {
    MemoryCase measured = MemoryCase.parse(Arrays.asList(words).subList(1, 4));
    int batch = Integer.parseInt(words[4]);
    int threads = Integer.parseInt(words[5]);
    Path result = Path.of(words[6]);
    switch (measured) {
      case MemoryCase.Ours _ -> {}
      case MemoryCase.Peer peer -> LibtorchSettings.prepare(peer.allocator());
    }
    MemoryProcess process = new MemoryProcess(PeerSuite.task(words[0]), measured, threads);
    Thread bench =
        Thread.ofPlatform()
            .name("bench")
            .start(() -> {
              try (CorePinning _ = CorePinning.toFirst(threads)) {
                process.measure(batch).write(result);
              } catch (IOException failure) {
                throw new IllegalStateException("cannot write " + result, failure);
              }
            });
    bench.join();
  }

  private MemoryReading measure(int batch) {
    rehearse();
    long idle = settled();
    try (Contender side = open(batch)) {
      long built = settled();
      boolean peakOfSteps = ResidentSet.forgetPeak();
      for (int step = 0; step < STEPS; step++) {
        side.step();
      }
      long peak = known(ResidentSet.peak());
      return switch (side) {
        case EngineContender ours -> {
          MemoryReport plan = ours.memory();
          yield new MemoryReading(
              idle, built, peak, peakOfSteps, plan.arenaBytes(), plan.peakBytes());
        }
        default -> new MemoryReading(idle, built, peak, peakOfSteps, 0, 0);
      };
    }
  }

  private void rehearse() {
    try (Contender side = open(1)) {
      for (int step = 0; step < REHEARSAL_STEPS; step++) {
        side.step();
      }
    }
  }

  /// The side with first weights and a batch, ready to step.
  private Contender open(int batch) {
    Contender side =
        switch (measured) {
          case MemoryCase.Ours ours ->
              new EngineContender(
                  task,
                  batch,
                  Targets.find().choose(ours.target()).target(),
                  threads,
                  ours.saving());
          case MemoryCase.Peer peer -> new TorchPeer(task, batch, peer.layout());
        };
    side.threads(threads);
    Map<String, float[]> first = FirstValues.parameters(task, SEED);
    Batch values = FirstValues.batch(task, batch, SEED);
    side.setParameters(first);
    side.setInputs(values);
    return side;
  }

  /// Resident bytes once garbage and freed memory are given back: the least of some readings, since
  /// other threads of the virtual machine come to rest in their own time.
  private static long settled() {
    System.gc();
    NativeSettings.giveBackFreedMemory();
    long least = Long.MAX_VALUE;
    for (int reading = 0; reading < READINGS; reading++) {
      LockSupport.parkNanos(READING_NANOS);
      least = Math.min(least, known(ResidentSet.now()));
    }
    return least;
  }

  private static long known(OptionalLong bytes) {
    return bytes.orElseThrow(() ->
        new UnsupportedOperationException(
            "The system does not tell what memory is resident; measure on Linux"));
  }
}
