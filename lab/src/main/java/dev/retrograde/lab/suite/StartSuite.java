package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// How soon a process trains: seconds to the first finished step, to compile a step cold, and
/// whether the tenth step is as fast as later ones.
///
/// Each case is a fresh virtual machine, several times, one after another. Time begins just before
/// the process is started, so that the virtual machine's own start counts. Cases run without a
/// class cache and with one, as the start script makes it; a cold compilation has its bar both
/// ways. Figures are medians over the processes.
public final class StartSuite implements Suite {
  private static final List<String> PARTS =
      List.of(StartRows.FIRST_STEP, StartRows.COMPILE, StartRows.TENTH_STEP);

  private static final int MOST_MINUTES = 5;

  @Override
  public String name() {
    return "start";
  }

  @Override
  public String summary() {
    return "Time from process start to the first step, cold compilation, the tenth step.";
  }

  @Override
  public List<String> parts() {
    return PARTS;
  }

  @Override
  public void run(Settings settings, Listener listener) {
    try {
      Path folder = Files.createTempDirectory("retrograde-start");
      try {
        new Measurement(settings.target(), settings.threads().orElse(1), folder, listener)
            .run(settings);
      } finally {
        remove(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// One run of the suite.
  ///
  /// @param folder for what passes between processes
  record Measurement(String target, int threads, Path folder, Listener listener) {
    private void run(Settings settings) throws IOException {
      listener.note("class cache");
      ClassCache cache = new ClassCache(folder);
      String uncached = cache.make(target, threads);
      for (String part : PARTS) {
        if (settings.wants(part)) {
          listener.note(part);
          switch (part) {
            case StartRows.FIRST_STEP -> firstStep(cache, uncached);
            case StartRows.COMPILE -> compile(cache, uncached);
            case StartRows.TENTH_STEP -> tenthStep(cache, uncached);
            default -> throw new AssertionError(part);
          }
        }
      }
    }

    private void firstStep(ClassCache cache, String uncached) throws IOException {
      StartCase mlp = new StartCase("mlp", 16, 1);
      both(mlp, 9, StartRows.FIRST_STEP, cache, uncached, r -> all -> r.firstStep(all));
    }

    private void compile(ClassCache cache, String uncached) throws IOException {
      StartCase lenet = new StartCase("lenet", 64, 1);
      both(lenet, 7, StartRows.COMPILE, cache, uncached, r -> all -> r.compile(all, 1, 0.4));
      StartCase deep = new StartCase("resnet110", 32, 1);
      both(deep, 3, StartRows.COMPILE, cache, uncached, r -> all -> r.compile(all, 4, Double.NaN));
    }

    private void tenthStep(ClassCache cache, String uncached) throws IOException {
      List<StartCase> cases =
          List.of(
              new StartCase("mlp", 16, 200),
              new StartCase("lenet", 64, 200),
              new StartCase("resnet20", 32, 60));
      for (StartCase c : cases) {
        both(c, 9, StartRows.TENTH_STEP, cache, uncached, r -> r::tenthStep);
      }
    }

    /// A case without a class cache and with one.
    private void both(
        StartCase c,
        int times,
        String part,
        ClassCache cache,
        String uncached,
        Function<StartRows, Function<List<StartReading>, SuiteRow>> row)
        throws IOException {
      StartRows without = new StartRows(c, threads, false);
      row(without, times, part, ClassCache.none(), row.apply(without));
      StartRows with = new StartRows(c, threads, true);
      if (uncached.isEmpty()) {
        row(with, times, part, cache.options(), row.apply(with));
      } else {
        listener.row(with.figure(part, "s, from a class cache").failed(uncached));
      }
    }

    private void row(
        StartRows rows,
        int times,
        String part,
        List<String> options,
        Function<List<StartReading>, SuiteRow> row)
        throws IOException {
      List<StartReading> all = new ArrayList<>();
      Path answer = folder.resolve("reading.json");
      for (int i = 0; i < times; i++) {
        String said = child(rows.what(), options, answer);
        if (!said.isEmpty()) {
          listener.row(rows.figure(part, "a process that came to no end").failed(said));
          return;
        }
        all.add(StartProbe.read(Json.parse(Files.readString(answer))));
      }
      listener.row(row.apply(all));
    }

    /// Runs one process. Its reading is in the file afterwards.
    ///
    /// @return empty where all went well
    String child(StartCase c, List<String> options, Path answer) throws IOException {
      FreshProcess process = new FreshProcess(options, StartProbe.class, MOST_MINUTES);
      return process.run(StartProbe.words(c, target, threads, System.currentTimeMillis(), answer));
    }
  }

  private static void remove(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
    Files.delete(folder);
  }
}
