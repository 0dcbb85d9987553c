package dev.retrograde.lab.task;

import dev.retrograde.nn.Layer;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns a user's class into a layer.
final class OwnModel {
  private static final String WANTED =
      "a class that implements dev.retrograde.nn.Layer, or one public method: Layer model(int"
          + " classes), Layer model(), or Tensor apply(Trace t, Tensor x)";

  private OwnModel() {}

  static Layer of(Class<?> type, int classes) {
    if (Layer.class.isAssignableFrom(type)) {
      return (Layer) made(type, classes);
    }
    List<Method> open =
        Arrays.stream(type.getDeclaredMethods())
            .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic())
            .toList();
    if (open.size() != 1) {
      throw new IllegalArgumentException(
          "model %s: expected %s, found %d public methods%s"
              .formatted(
                  type.getName(),
                  WANTED,
                  open.size(),
                  open.isEmpty()
                      ? ""
                      : " " + open.stream().map(Method::getName).sorted().toList()));
    }
    Method method = open.getFirst();
    Object self = Modifier.isStatic(method.getModifiers()) ? null : made(type, classes);
    List<Class<?>> takes = List.of(method.getParameterTypes());
    method.setAccessible(true);
    if (Layer.class.isAssignableFrom(method.getReturnType())) {
      if (takes.isEmpty()) {
        return (Layer) called(method, self);
      }
      if (takes.equals(List.of(int.class))) {
        return (Layer) called(method, self, classes);
      }
    }
    if (method.getReturnType() == Tensor.class
        && takes.equals(List.<Class<?>>of(Trace.class, Tensor.class))) {
      return (t, x) -> (Tensor) called(method, self, t, x);
    }
    throw new IllegalArgumentException(
        "model %s: expected %s, found %s"
            .formatted(type.getName(), WANTED, method.toGenericString()));
  }

  /// By the constructor that takes the number of classes, or the one that takes nothing.
  private static Object made(Class<?> type, int classes) {
    try {
      for (Constructor<?> c : type.getDeclaredConstructors()) {
        if (Arrays.equals(c.getParameterTypes(), new Class<?>[] {int.class})) {
          c.setAccessible(true);
          return c.newInstance(classes);
        }
      }
      Constructor<?> plain = type.getDeclaredConstructor();
      plain.setAccessible(true);
      return plain.newInstance();
    } catch (InvocationTargetException e) {
      throw passedOn(type.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "model %s: expected a constructor with no argument, or with the number of classes"
              .formatted(type.getName()),
          e);
    }
  }

  private static Object called(Method method, @Nullable Object self, Object... arguments) {
    try {
      Object result = method.invoke(self, arguments);
      if (result == null) {
        throw new IllegalArgumentException("model method " + method.getName() + " gave null");
      }
      return result;
    } catch (InvocationTargetException e) {
      throw passedOn(method.getDeclaringClass().getName() + "." + method.getName(), e);
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException(
          "model method " + method.getName() + " cannot be called; make its class public", e);
    }
  }

  private static RuntimeException passedOn(String where, InvocationTargetException e) {
    Throwable cause = e.getCause();
    return switch (cause == null ? e : cause) {
      case RuntimeException r -> r;
      case Error fault -> throw fault;
      case Throwable t -> new IllegalArgumentException("model " + where + " threw " + t, t);
    };
  }
}
