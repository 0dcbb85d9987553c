package dev.retrograde.ir;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The attributes of ops, read and rebuilt by record components, so that an op needs no code of its
/// own for printing, parsing, cloning or for finding the run-time counts that it names.
final class Attributes {
  private Attributes() {}

  /// The value of one component; null where it is an [OptionalAttribute] that is left out.
  static @Nullable Object get(Record r, RecordComponent c) {
    try {
      return c.getAccessor().invoke(r);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new AssertionError("cannot read " + c.getName() + " of " + r, e);
    }
  }

  /// A record made from the values of all its components. What its constructor throws comes
  /// through.
  static Record make(Class<? extends Record> type, List<@Nullable Object> values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException x) {
        throw x;
      }
      throw new AssertionError("cannot make a " + type.getSimpleName(), e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("cannot make a " + type.getSimpleName(), e);
    }
  }

  /// Visits the counts of run-time extents in an op, a type or any other attribute.
  static void counts(@Nullable Object attribute, Consumer<Value> found) {
    switch (attribute) {
      case null -> {}
      case Extent.Ragged r -> found.accept(r.count());
      case Extent.Static s -> {}
      case KernelOp.Definition d -> {}
      case List<?> l -> l.forEach(x -> counts(x, found));
      case dev.retrograde.scalar.ScalarCode c -> {}
      case Record r -> {
        for (RecordComponent c : r.getClass().getRecordComponents()) {
          counts(get(r, c), found);
        }
      }
      default -> {}
    }
  }

  /// The same attribute with other counts.
  @SuppressWarnings("unchecked")
  static <T> T substitute(T attribute, UnaryOperator<Value> by) {
    boolean[] any = new boolean[1];
    counts(attribute, v -> any[0] |= by.apply(v) != v);
    return any[0] ? (T) Objects.requireNonNull(replace(attribute, by)) : attribute;
  }

  private static @Nullable Object replace(@Nullable Object attribute, UnaryOperator<Value> by) {
    return switch (attribute) {
      case null -> null;
      case Extent.Ragged r -> new Extent.Ragged(r.capacity(), by.apply(r.count()));
      case Extent.Static s -> s;
      case KernelOp.Definition d -> d;
      case List<?> l -> l.stream().map(x -> replace(x, by)).toList();
      case dev.retrograde.scalar.ScalarCode c -> c;
      case Record r -> {
        List<@Nullable Object> values = new ArrayList<>();
        for (RecordComponent c : r.getClass().getRecordComponents()) {
          values.add(replace(get(r, c), by));
        }
        yield make(r.getClass(), values);
      }
      default -> attribute;
    };
  }
}
