package dev.retrograde.train;

import dev.retrograde.io.safetensors.ElementType;
import dev.retrograde.io.safetensors.SafeTensors;
import dev.retrograde.io.safetensors.SafeTensorsException;
import dev.retrograde.io.safetensors.SafeTensorsWriter;
import dev.retrograde.io.safetensors.Tensor;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model on disk: `model.safetensors` with parameters and statistics under their dotted names,
/// and `model.json` with the rest. What an optimiser remembers is not part of a model.
public final class ModelFolder {
  static final String TENSORS = "model.safetensors";
  static final String CARD = "model.json";
  private static final String CURE = "Load it with the model it was saved from, or train it again.";

  private ModelFolder() {}

  /// Writes both files; the folder is made if need be. Each file is replaced as a whole.
  public static void save(Path folder, ModelCard card, StateStore state) throws IOException {
    Files.createDirectories(folder);
    List<Tensor> tensors = new ArrayList<>();
    for (StateEntry e : state.entries()) {
      if (saved(e)) {
        tensors.add(
            new Tensor(
                e.name(), element(e.type().dtype()), shape(e.type()), state.segment(e.name())));
      }
    }
    SafeTensorsWriter.write(
        folder.resolve(TENSORS), tensors, Map.of("model", card.model(), "format", "retrograde"));
    Files.writeString(folder.resolve(CARD), CardJson.write(card));
  }

  /// Reads the card.
  ///
  /// @throws ModelException if it is missing or damaged
  public static ModelCard card(Path folder) throws IOException {
    Path file = folder.resolve(CARD);
    try {
      return CardJson.read(file, Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new ModelException(
          file,
          "the description of a model",
          "no such file",
          "Give the folder that training wrote, the one with " + CARD + " in it.",
          e);
    }
  }

  /// Fills the parameters and statistics of a state; each must be in the folder with its type, and
  /// nothing else.
  ///
  /// @throws ModelException if the folder is missing, damaged, or of another model
  public static void load(Path folder, StateStore state) throws IOException {
    Path file = folder.resolve(TENSORS);
    try (Arena arena = Arena.ofConfined()) {
      Map<String, Tensor> found = SafeTensors.map(file, arena).tensors();
      List<StateEntry> wanted = state.entries().stream().filter(ModelFolder::saved).toList();
      Map<StateEntry, MemorySegment> data = new LinkedHashMap<>();
      for (StateEntry e : wanted) {
        data.put(e, fitting(file, e, found.get(e.name())).data());
      }
      if (found.size() != wanted.size()) {
        List<String> rest = new ArrayList<>(found.keySet());
        wanted.forEach(e -> rest.remove(e.name()));
        throw new ModelException(
            file, wanted.size() + " tensors, those of the model", "also " + rest, CURE, null);
      }
      data.forEach(
          (e, from) -> MemorySegment.copy(from, 0, state.segment(e.name()), 0, e.type().bytes()));
    } catch (NoSuchFileException e) {
      throw new ModelException(
          file, "the tensors of a model", "no such file", "Copy the whole folder.", e);
    } catch (SafeTensorsException e) {
      throw new ModelException(
          file, "a whole safetensors file", String.valueOf(e.getMessage()), CURE, e);
    }
  }

  private static Tensor fitting(Path file, StateEntry e, @Nullable Tensor t) {
    String expected = "'" + e.name() + "' as " + e.type();
    if (t == null) {
      throw new ModelException(file, expected, "no tensor of that name", CURE, null);
    }
    if (t.type() != element(e.type().dtype()) || !Arrays.equals(t.shape(), shape(e.type()))) {
      throw new ModelException(file, expected, t.toString(), CURE, null);
    }
    return t;
  }

  private static boolean saved(StateEntry e) {
    return e.role() == Role.PARAMETER || e.role() == Role.STATISTIC;
  }

  private static long[] shape(Type t) {
    return t.dims().stream().mapToLong(Integer::longValue).toArray();
  }

  private static ElementType element(DType d) {
    return switch (d) {
      case F32 -> ElementType.F32;
      case F64 -> ElementType.F64;
      case BF16 -> ElementType.BF16;
      case I8 -> ElementType.I8;
      case I16 -> ElementType.I16;
      case I32 -> ElementType.I32;
      case I64 -> ElementType.I64;
      case U8 -> ElementType.U8;
      case BOOL -> ElementType.BOOL;
      case FRAME -> throw new IllegalArgumentException("a frame handle is not saved");
    };
  }
}
