package dev.retrograde.pass;

import dev.retrograde.ir.Program;
import dev.retrograde.ir.Repeat;
import dev.retrograde.ir.Verifier;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RandomProgramsTest {
  private static final int PROGRAMS = 200;

  @Test
  void randomProgramsAgreeWithTheInterpreterAndAcrossMachines() {
    long seed = Repeat.seed();
    Repeat.with(
        RandomProgramsTest.class,
        seed,
        () -> {
          Random seeds = new Random(seed);
          for (int i = 0; i < PROGRAMS; i++) {
            Program p = RandomPrograms.make(seeds.nextLong());
            Verifier.verify(p);
            Verifier.verify(Simplify.run(p));
            // Long sums that nearly cancel were seen to differ by 3e-5.
            Comparison.check("program " + i, p, 2e-4);
          }
        });
  }
}
