package dev.retrograde.jvm;

import dev.retrograde.loop.Kernel;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.LinkedHashMap;
import java.util.Map;

/// A kernel as a loaded class.
///
/// @param entry the only instance of the class
/// @param scratch longs that a run needs
/// @param bytes the class file
record KernelClass(Entry entry, int scratch, byte[] bytes) {
  /// Bytes of a method beyond which a kernel is cut finer.
  static final int MOST_BYTES = 6_000;

  private static final ClassDesc NAME =
      ClassDesc.of(KernelClass.class.getPackageName() + ".Printed");
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(
          ConstantDescs.CD_void,
          MethodPrinter.BUFFERS,
          MethodPrinter.SCRATCH,
          ConstantDescs.CD_long,
          ConstantDescs.CD_long);

  static KernelClass print(Kernel kernel) {
    Constants constants = Constants.of(kernel);
    int limit = MOST_BYTES;
    while (true) {
      Cutter cutter = new Cutter(kernel, constants, limit);
      byte[] bytes = print(kernel, constants, cutter);
      int longest = methods(bytes).values().stream().mapToInt(n -> n).max().orElse(0);
      if (longest <= MOST_BYTES || limit < 500) {
        return new KernelClass(load(bytes), cutter.scratch().size(), bytes);
      }
      limit = limit * 3 / 4;
    }
  }

  private static byte[] print(Kernel kernel, Constants constants, Cutter cutter) {
    return ClassFile.of()
        .build(
            NAME,
            k -> {
              k.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC)
                  .withInterfaceSymbols(ClassDesc.of(Entry.class.getName()))
                  .withMethodBody(
                      ConstantDescs.INIT_NAME,
                      ConstantDescs.MTD_void,
                      0,
                      c ->
                          c.aload(0)
                              .invokespecial(
                                  ConstantDescs.CD_Object,
                                  ConstantDescs.INIT_NAME,
                                  ConstantDescs.MTD_void)
                              .return_())
                  .withMethodBody(
                      "run",
                      RUN,
                      ClassFile.ACC_PUBLIC,
                      c ->
                          new MethodPrinter(NAME, kernel, constants, cutter.scratch(), c, 1)
                              .outermost(cutter.body()));
              for (Part p : cutter.parts()) {
                k.withMethodBody(
                    p.name(),
                    MethodPrinter.type(p),
                    ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
                    c ->
                        new MethodPrinter(NAME, kernel, constants, cutter.scratch(), c, 0).part(p));
              }
            });
  }

  private static Entry load(byte[] bytes) {
    try {
      Lookup made = MethodHandles.lookup().defineHiddenClass(bytes, true);
      return (Entry)
          made.findConstructor(made.lookupClass(), MethodType.methodType(void.class)).invoke();
    } catch (Throwable x) {
      throw new AssertionError("a printed kernel does not load", x);
    }
  }

  /// Bytes of each method.
  Map<String, Integer> methods() {
    return methods(bytes);
  }

  private static Map<String, Integer> methods(byte[] bytes) {
    ClassModel model = ClassFile.of().parse(bytes);
    Map<String, Integer> out = new LinkedHashMap<>();
    for (MethodModel m : model.methods()) {
      m.code()
          .ifPresent(c -> out.put(m.methodName().stringValue(), ((CodeAttribute) c).codeLength()));
    }
    return out;
  }

  long codeBytes() {
    return methods().values().stream().mapToLong(n -> n).sum();
  }

  /// The instructions of each method.
  String listing() {
    StringBuilder s = new StringBuilder();
    for (MethodModel m : ClassFile.of().parse(bytes).methods()) {
      s.append(m.methodName().stringValue()).append(m.methodType().stringValue()).append('\n');
      if (m.code().orElse(null) instanceof CodeModel c) {
        for (CodeElement e : c) {
          if (e instanceof Instruction i) {
            s.append("  ").append(i).append('\n');
          }
        }
      }
    }
    return s.toString();
  }
}
