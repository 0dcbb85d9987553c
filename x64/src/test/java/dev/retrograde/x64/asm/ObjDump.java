package dev.retrograde.x64.asm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The system's disassembler, and its text brought to one form.
final class ObjDump {
  private static final Pattern LINE = Pattern.compile("^\\s*([0-9a-f]+):\\t([^\\t]*)(?:\\t(.*))?$");
  private static final Pattern RELATIVE =
      Pattern.compile("^(.*)\\[rip[+-]0x[0-9a-f]+](.*) # (0x[0-9a-f]+)$");
  private static final Pattern FLOAT_PREDICATE = Pattern.compile("^vcmp(\\w+?)(ps|pd|ss|sd) (.*)$");
  private static final Pattern INT_PREDICATE =
      Pattern.compile("^vpcmp(eq|lt|le|neq|nlt|nle)(u?[dq]) (k.*)$");
  private static final List<String> FLOAT_PREDICATES =
      List.of(
          "eq",
          "lt",
          "le",
          "unord",
          "neq",
          "nlt",
          "nle",
          "ord",
          "eq_uq",
          "nge",
          "ngt",
          "false",
          "neq_oq",
          "ge",
          "gt",
          "true",
          "eq_os",
          "lt_oq",
          "le_oq",
          "unord_s",
          "neq_us",
          "nlt_uq",
          "nle_uq",
          "ord_s",
          "eq_us",
          "nge_uq",
          "ngt_uq",
          "false_os",
          "neq_os",
          "ge_oq",
          "gt_oq",
          "true_us");
  private static final List<String> INT_PREDICATES =
      List.of("eq", "lt", "le", "false", "neq", "nlt", "nle", "true");

  private ObjDump() {}

  static boolean isPresent() {
    try {
      Process process =
          new ProcessBuilder("objdump", "--version").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// The instructions in the given bytes, by offset.
  static Map<Integer, String> disassemble(byte[] code) throws IOException, InterruptedException {
    Path file = Files.createTempFile("retrograde", ".bin");
    try {
      Files.write(file, code);
      Process process =
          new ProcessBuilder(
                  "objdump",
                  "-D",
                  "-z",
                  "-w",
                  "-b",
                  "binary",
                  "-m",
                  "i386:x86-64",
                  "-M",
                  "intel",
                  file.toString())
              .redirectErrorStream(true)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException("objdump failed: " + text);
      }
      Map<Integer, String> instructions = new TreeMap<>();
      text.lines()
          .forEach(line -> {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
              String instruction = m.group(3) == null ? "" : m.group(3);
              instructions.put(Integer.parseInt(m.group(1), 16), normalise(instruction));
            }
          });
      return instructions;
    } finally {
      Files.delete(file);
    }
  }

  /// One space behind the mnemonic, predicates as numbers, and a place relative to the code as the
  /// address that the disassembler computed.
  static String normalise(String text) {
    String line = text.strip().replaceAll("\\s+", " ").replace("{evex} ", "");
    Matcher relative = RELATIVE.matcher(line);
    if (relative.matches()) {
      line = relative.group(1) + "[" + relative.group(3) + "]" + relative.group(2);
    }
    Matcher floats = FLOAT_PREDICATE.matcher(line);
    if (floats.matches() && FLOAT_PREDICATES.contains(floats.group(1))) {
      int number = FLOAT_PREDICATES.indexOf(floats.group(1));
      line = "vcmp" + floats.group(2) + " " + floats.group(3) + ",0x" + Integer.toHexString(number);
    }
    Matcher ints = INT_PREDICATE.matcher(line);
    if (ints.matches()) {
      int number = INT_PREDICATES.indexOf(ints.group(1));
      boolean shortForm = ints.group(1).equals("eq") && !ints.group(2).startsWith("u");
      line =
          shortForm
              ? line
              : "vpcmp" + ints.group(2) + " " + ints.group(3) + ",0x" + Integer.toHexString(number);
    }
    return line;
  }
}
