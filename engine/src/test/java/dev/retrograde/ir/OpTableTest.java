package dev.retrograde.ir;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every op that has derivatives, as rows of [OpRows]: see [OpCheck] for what is checked.
class OpTableTest {
  private final long seed = Repeat.seed();

  @TestFactory
  Stream<DynamicTest> everyRowAgreesWithDifferencesAndItsTranspose() {
    return OpRows.all().stream()
        .map(row ->
            DynamicTest.dynamicTest(
                row.name(),
                () ->
                    Repeat.with(
                        OpTableTest.class,
                        seed,
                        () -> new OpCheck(row, seed ^ row.name().hashCode()).run())));
  }
}
