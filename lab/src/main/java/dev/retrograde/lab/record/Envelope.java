package dev.retrograde.lab.record;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// What stands around every result: who made it, when, where, and with which settings.
///
/// @param command such as `compare`
/// @param version of Retrograde
/// @param time when the command began
/// @param machine where
/// @param settings every option in effect, in the order of the help page; text, numbers, lists,
///   maps
public record Envelope(
    String command, String version, Instant time, Machine machine, Map<String, Object> settings) {
  /// The number of this form; a reader may rely on what a form has, a later form may have more.
  public static final int SCHEMA = 1;

  public Envelope {
    settings = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /// An envelope of this moment on this machine.
  public static Envelope now(String command, Map<String, Object> settings) {
    return new Envelope(
        command,
        Version.text(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS),
        Machine.here(),
        settings);
  }

  /// The envelope without results; `runs` or `rows` are put into it.
  public ObjectNode json() {
    ObjectNode out = Json.object();
    out.put("schema", SCHEMA);
    out.put("command", command);
    out.put("version", version);
    out.put("time", time.toString());
    out.set("machine", machine.json());
    out.set("settings", Json.tree(settings));
    return out;
  }
}
