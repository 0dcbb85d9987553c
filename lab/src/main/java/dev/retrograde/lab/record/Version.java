package dev.retrograde.lab.record;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/// Which version this is.
public final class Version {
  private static final String PLACE =
      "/META-INF/maven/dev.retrograde/retrograde-lab/pom.properties";

  private Version() {}

  /// As the build says; `development` for classes that no build has packed.
  public static String text() {
    try (InputStream in = Version.class.getResourceAsStream(PLACE)) {
      if (in == null) {
        return "development";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "development");
    } catch (IOException e) {
      throw new AssertionError("the jar of lab cannot be read at " + PLACE, e);
    }
  }
}
