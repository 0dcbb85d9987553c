package dev.retrograde.lab.task;

import dev.retrograde.nn.Layer;
import dev.retrograde.trace.Trace;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/// Compiles one source file in this process, into memory.
final class SourceCompiler {
  private SourceCompiler() {}

  /// The class named like the file.
  static Class<?> compile(Path file, String source, List<Path> classPath, ClassLoader parent) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IllegalArgumentException(
          "model '%s' needs a compiler, and this Java has none. Run on a JDK, or compile it and name its class with --classpath."
              .formatted(file));
    }
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    Map<String, Output> outputs = new HashMap<>();
    try (StandardJavaFileManager standard = compiler.getStandardFileManager(found, null, null);
        Manager manager = new Manager(standard, outputs)) {
      List<String> options =
          List.of("-proc:none", "-classpath", path(classPath), "-g", "-Xlint:none");
      boolean good =
          compiler
              .getTask(null, manager, found, options, null, List.of(new Source(file, source)))
              .call();
      if (!good) {
        throw new IllegalArgumentException(errors(file, found));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("model '" + file + "' could not be compiled: " + e, e);
    }
    String simple = simpleName(file);
    String name =
        outputs.keySet().stream()
            .filter(n -> n.equals(simple) || n.endsWith("." + simple))
            .findFirst()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "model '%s': expected a class %s, found %s"
                        .formatted(file, simple, outputs.keySet().stream().sorted().toList())));
    try {
      return new Loader(outputs, parent).loadClass(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError("the class that was just compiled is not there: " + name, e);
    }
  }

  private static String simpleName(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.java$", "");
  }

  /// The user's own class path, then this program's: as it was given, and where its classes lie,
  /// since a launcher may have loaded them from elsewhere.
  private static String path(List<Path> classPath) {
    Stream<String> given =
        Stream.of("java.class.path", "jdk.module.path").map(p -> System.getProperty(p, ""));
    Stream<String> own =
        Stream.of(Layer.class, Trace.class, SourceCompiler.class).flatMap(SourceCompiler::home);
    return Stream.of(classPath.stream().map(Path::toString), given, own)
        .flatMap(paths -> paths)
        .filter(p -> !p.isEmpty())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Stream<String> home(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null || !source.getLocation().getProtocol().equals("file")) {
      return Stream.of();
    }
    return Stream.of(Path.of(URI.create(source.getLocation().toString())).toString());
  }

  private static String errors(Path file, DiagnosticCollector<JavaFileObject> found) {
    List<String> lines = new ArrayList<>();
    for (Diagnostic<? extends JavaFileObject> d : found.getDiagnostics()) {
      if (d.getKind() == Diagnostic.Kind.ERROR && lines.size() < 5) {
        lines.add(
            "  %s:%d: %s".formatted(file.getFileName(), d.getLineNumber(), d.getMessage(null)));
      }
    }
    return "model '%s' does not compile:%n%s".formatted(file, String.join("\n", lines));
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(Path file, String text) {
      super(URI.create("string:///" + simpleName(file) + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class Output extends SimpleJavaFileObject {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Output(String name) {
      super(URI.create("memory:///" + name.replace('.', '/') + ".class"), Kind.CLASS);
    }

    @Override
    public OutputStream openOutputStream() {
      return bytes;
    }
  }

  private static final class Manager extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, Output> outputs;

    Manager(JavaFileManager inner, Map<String, Output> outputs) {
      super(inner);
      this.outputs = outputs;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      return outputs.computeIfAbsent(name, Output::new);
    }
  }

  private static final class Loader extends ClassLoader {
    private final Map<String, Output> classes;

    Loader(Map<String, Output> classes, ClassLoader parent) {
      super(parent);
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      Output output = classes.get(name);
      if (output == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = output.bytes.toByteArray();
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}
