package dev.retrograde.data.load;

import dev.retrograde.data.ImageSet;
import dev.retrograde.data.Key;
import java.lang.foreign.Arena;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/// The batches of a set, images or other samples, one after the other, prepared ahead by a thread
/// of its own.
///
/// ```java
/// try (Loader loader = Loader.open(data.train(), LoaderSettings.training(64, seed).epochs(10))) {
///   while (loader.hasNext()) {
///     step(loader.next());
///   }
/// }
/// ```
///
/// The order of an epoch depends on (seed, epoch) alone, an augmentation on (seed, its name, epoch,
/// sample id) alone. So [#seek] to a saved [#position] goes on exactly as an undisturbed run would.
///
/// **Design.** `prefetch + 1` slots form a ring: one is in the caller's hands, the others are ready
/// or being filled. One monitor guards the counters; filling happens outside of it. A move bumps
/// `generation`, and a batch that was begun under an older one is dropped when it is done. Object
/// monitors rather than locks and conditions, since those allocate a node a wait: once warm, a
/// batch costs no heap.
///
/// One caller at a time. The memory belongs to the loader; [#close] frees it, and touching a batch
/// after that throws.
public final class Loader implements AutoCloseable {
  private final SampleSource set;
  private final LoaderSettings settings;
  private final BatchOrder order;
  private final SampleSource.Writer writer;
  private final Arena arena;
  private final Batch[] slots;
  private final Thread producer;
  private final Object monitor = new Object();

  // The producer's own.
  private final int[] epochOrder;
  private long orderedEpoch = -1;

  // Guarded by the monitor.
  private long generation;
  private int nextToFill;
  private int nextToTake;
  private int ready;
  private boolean held;
  private long fillEpoch;
  private int fillIndex;
  private long takeEpoch;
  private int takeIndex;
  private boolean closed;
  private @Nullable Throwable failure;

  @SuppressWarnings("MustBeClosedChecker") // the arena is the loader's own: close() closes it
  private Loader(SampleSource set, LoaderSettings settings) {
    this.set = set;
    this.settings = settings;
    this.order = new BatchOrder(set.size(), settings.batch(), settings.seed(), settings.shuffled());
    this.writer = set.writer(settings);
    this.epochOrder = new int[set.size()];
    this.arena = Arena.ofShared();
    this.slots = new Batch[settings.prefetch() + 1];
    this.producer =
        Thread.ofPlatform().daemon().name("loader of " + set.name()).unstarted(this::produce);
  }

  /// Opens a loader at the first batch of the first epoch. Allocates `prefetch + 1` batches
  /// off-heap.
  ///
  /// @throws IllegalArgumentException if the set is empty or the normalization has other channels
  public static Loader open(ImageSet set, LoaderSettings settings) {
    return open(new ImageSource(set), settings);
  }

  /// The same for samples of any fields.
  ///
  /// @throws IllegalArgumentException if the source is empty or refuses the settings
  public static Loader open(SampleSource set, LoaderSettings settings) {
    Loader loader = new Loader(set, settings);
    try {
      for (int i = 0; i < loader.slots.length; i++) {
        loader.slots[i] = new Batch(set.fields(), settings.batch(), loader.arena);
      }
    } catch (Throwable e) {
      loader.arena.close();
      throw e;
    }
    loader.producer.start();
    return loader;
  }

  /// What the loader was opened with.
  public LoaderSettings settings() {
    return settings;
  }

  /// Which samples make up which batch.
  public BatchOrder order() {
    return order;
  }

  /// Whether an epoch is left to hand out.
  public boolean hasNext() {
    synchronized (monitor) {
      return takeEpoch < settings.epochs();
    }
  }

  /// The next batch, waiting for it if need be; the one before becomes invalid.
  ///
  /// @throws IllegalStateException after the last epoch, after closing, or if an augmentation threw
  /// @throws CancellationException if the thread is interrupted while it waits; it stays
  ///   interrupted
  public Batch next() {
    synchronized (monitor) {
      // First of all: a batch that was being filled when the loader closed may still count as
      // ready.
      open();
      release();
      while (ready == 0) {
        open();
        if (failure != null) {
          throw new IllegalStateException(
              "Loader of '%s': batch %d of epoch %d could not be prepared."
                  .formatted(set.name(), takeIndex, takeEpoch),
              failure);
        }
        if (takeEpoch >= settings.epochs()) {
          throw new IllegalStateException(
              "Loader of '%s': all %d epochs are done; ask hasNext() first, or seek() back."
                  .formatted(set.name(), settings.epochs()));
        }
        waitForChange();
      }
      ready--;
      held = true;
      if (++takeIndex == order.batches()) {
        takeIndex = 0;
        takeEpoch++;
      }
      return slots[nextToTake];
    }
  }

  /// The batch that [#next] would hand out.
  public Position position() {
    synchronized (monitor) {
      return new Position(takeEpoch, takeIndex);
    }
  }

  /// Goes to a position; the batch in the caller's hands becomes invalid.
  ///
  /// @throws IllegalArgumentException if an epoch has fewer batches
  public void seek(Position position) {
    if (position.batch() > order.batches()) {
      throw new IllegalArgumentException(
          "Loader of '%s': expected a batch from 0 to %d, found %d. Was the position saved with another batch size or set?"
              .formatted(set.name(), order.batches(), position.batch()));
    }
    synchronized (monitor) {
      generation++;
      failure = null;
      held = false;
      ready = 0;
      nextToTake = nextToFill;
      boolean atEnd = position.batch() == order.batches();
      takeEpoch = atEnd ? position.epoch() + 1 : position.epoch();
      takeIndex = atEnd ? 0 : position.batch();
      fillEpoch = takeEpoch;
      fillIndex = takeIndex;
      monitor.notifyAll();
    }
  }

  /// A checksum over which samples come in which batch of the first epochs, as 16 hexadecimal
  /// digits: equal orders of equal samples, equal text.
  public String orderHash(long epochs) {
    int[] samples = new int[set.size()];
    long sum = Key.of(order.batch());
    for (long epoch = 0; epoch < epochs; epoch++) {
      order.fill(epoch, samples);
      for (int sample : samples) {
        sum = Key.child(sum, set.id(sample));
      }
    }
    return "%016x".formatted(sum);
  }

  /// Stops the thread and frees the memory; waits for a batch that is being filled. Further calls
  /// do nothing.
  @Override
  public void close() {
    synchronized (monitor) {
      if (closed) {
        return;
      }
      closed = true;
      ready = 0;
      monitor.notifyAll();
    }
    boolean interrupted = false;
    while (producer.isAlive()) {
      try {
        producer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    arena.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void open() {
    if (closed) {
      throw new IllegalStateException("Loader of '" + set.name() + "': it is closed.");
    }
  }

  private void release() {
    if (held) {
      held = false;
      nextToTake = (nextToTake + 1) % slots.length;
      monitor.notifyAll();
    }
  }

  private void waitForChange() {
    try {
      monitor.wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException(
          "Loader of '" + set.name() + "': interrupted while waiting for a batch.");
    }
  }

  private void produce() {
    while (true) {
      Batch slot;
      long epoch;
      int index;
      long begun;
      synchronized (monitor) {
        while (!closed && !canFill()) {
          try {
            monitor.wait();
          } catch (InterruptedException e) {
            // Nobody but close() ends this thread.
          }
        }
        if (closed) {
          return;
        }
        slot = slots[nextToFill];
        epoch = fillEpoch;
        index = fillIndex;
        begun = generation;
      }
      Throwable thrown = fill(slot, epoch, index);
      synchronized (monitor) {
        if (begun == generation) {
          if (thrown != null) {
            failure = thrown;
          } else {
            publish();
          }
          monitor.notifyAll();
        }
      }
    }
  }

  private boolean canFill() {
    return failure == null
        && fillEpoch < settings.epochs()
        && ready + (held ? 1 : 0) < slots.length;
  }

  private void publish() {
    ready++;
    nextToFill = (nextToFill + 1) % slots.length;
    if (++fillIndex == order.batches()) {
      fillIndex = 0;
      fillEpoch++;
    }
  }

  private @Nullable Throwable fill(Batch slot, long epoch, int index) {
    try {
      if (orderedEpoch != epoch) {
        order.fill(epoch, epochOrder);
        orderedEpoch = epoch;
      }
      int count = order.count(index);
      slot.describe(epoch, index, count, index == order.batches() - 1);
      int first = index * order.batch();
      for (int row = 0; row < count; row++) {
        int sample = epochOrder[first + row];
        writer.write(sample, epoch, slot.row(row, set.id(sample)));
      }
      slot.clearRest();
      return null;
    } catch (Throwable e) {
      orderedEpoch = -1;
      return e;
    }
  }
}
