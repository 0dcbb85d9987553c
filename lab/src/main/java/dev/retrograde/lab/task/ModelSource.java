package dev.retrograde.lab.task;

import dev.retrograde.nn.Layer;
import dev.retrograde.nn.zoo.Zoo;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The model that a name, a source file or a class stands for.
///
/// A user's own model is a class that implements [Layer], or has exactly one public method of its
/// own: one that gives a [Layer], with the number of classes as its argument or without, or one
/// that is like [Layer#apply] itself.
public final class ModelSource {
  private ModelSource() {}

  /// Finds the model.
  ///
  /// @param spec a name of the zoo such as `mlp:256,128`, a file ending in `.java`, or a class name
  /// @param classPath where the class is; for the first two usually empty
  /// @param classes number of classes of the data
  /// @throws IllegalArgumentException if there is no such model, or it does not compile
  public static Layer open(String spec, List<Path> classPath, int classes) {
    return open(spec, classPath, classes, 0);
  }

  /// The same for data that consists of codes.
  ///
  /// @param symbols how many codes there are, 0 where inputs are numbers
  public static Layer open(String spec, List<Path> classPath, int classes, int symbols) {
    if (spec.endsWith(".java")) {
      return OwnModel.of(compiled(Path.of(spec), classPath), classes);
    }
    if (classPath.isEmpty()) {
      if (spec.matches("([a-z_][A-Za-z0-9_]*\\.)+[A-Za-z0-9_$]+")) {
        throw new IllegalArgumentException(
            "model '" + spec + "' looks like a class: say where it is by --classpath JAR");
      }
      return Zoo.of(spec, classes, symbols);
    }
    URLClassLoader loader = loader(classPath, ModelSource.class.getClassLoader());
    try {
      return OwnModel.of(Class.forName(spec, true, loader), classes);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          "model '%s': no such class in %s".formatted(spec, classPath), e);
    }
  }

  private static Class<?> compiled(Path file, List<Path> classPath) {
    String source;
    try {
      source = Files.readString(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "model '"
              + file
              + "' cannot be read: "
              + e.getClass().getSimpleName()
              + " "
              + e.getMessage(),
          e);
    }
    ClassLoader parent = ModelSource.class.getClassLoader();
    return SourceCompiler.compile(
        file, source, classPath, classPath.isEmpty() ? parent : loader(classPath, parent));
  }

  private static URLClassLoader loader(List<Path> classPath, ClassLoader parent) {
    List<URL> urls = new ArrayList<>();
    for (Path p : classPath) {
      if (!Files.exists(p)) {
        throw new IllegalArgumentException("class path: '" + p + "' does not exist");
      }
      try {
        urls.add(p.toUri().toURL());
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException("class path: '" + p + "' has no address", e);
      }
    }
    return new URLClassLoader(urls.toArray(URL[]::new), parent);
  }
}
