package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.data.DataException;
import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.TreeSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeBanksTest {
  @TempDir Path folder;

  private Path file(String name, String text) {
    Path file = folder.resolve(name);
    Samples.write(file, text.getBytes(StandardCharsets.UTF_8));
    return file;
  }

  @Test
  void nodesAreNumberedFromTheRootWithChildrenBehind() {
    Path file = file("a.txt", "(3 (2 It) (4 (1 's) (0 fine)))\n\n \t\r\n( 2\t(2 It ) (2 .) )\r\n");
    TreeSet set = TreeBanks.read("a", file, 5);
    assertThat(set.words()).containsExactly("It", "'s", "fine", ".");
    Tree first = set.trees().getFirst();
    assertThat(first.scores()).containsExactly(3, 2, 4, 1, 0);
    assertThat(first.words()).containsExactly(-1, 0, -1, 1, 2);
    assertThat(first.lefts()).containsExactly(1, -1, 3, -1, -1);
    assertThat(first.rights()).containsExactly(2, -1, 4, -1, -1);
    assertThat(set.trees().get(1).words()).containsExactly(-1, 0, 3);
  }

  @Test
  void wordsEndAtAsciiBlanksOnly() {
    TreeSet set = TreeBanks.read("a", file("a.txt", "(3 (2 a\u00A0b) (4 c\u2003d\u0085))"), 5);
    assertThat(set.words()).containsExactly("a\u00A0b", "c\u2003d\u0085");
  }

  @Test
  void aLineOfOtherSpacesIsNoEmptyLine() {
    assertThatThrownBy(() -> TreeBanks.read("a", file("a.txt", "(1 a)\n\u2003\n"), 5))
        .hasMessageContaining("line 2, column 1: expected '(', found '\u2003'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "(5 a);2;a label from 0 to 4;'5 a)'",
        "(x a);2;a label from 0 to 4;'x a)'",
        "(-1 a);2;a label from 0 to 4;'-1 a)'",
        "a;1;'(';'a'",
        "(2 a b);6;')' after the word;'b)'",
        "(2 a (1 b));6;')' after the word;'(1 b))'",
        "(2 (1 a));9;a second child;')'",
        "(2 (1 a) b);10;a second child;'b)'",
        "(2 (1 a) (1 b) (1 c));16;')' after two children;'(1 c))'",
        "(2);3;a word or a tree;')'",
        "(2 é;5;')' after the word;the end of the line",
        "(2 (1 é) (1;12;a word or a tree;the end of the line",
        "(2 a) (2 b);7;the end of the line after a tree;'(2 b)'",
        "(2 a));6;the end of the line after a tree;')'",
      })
  void aMalformedTreeSaysWhere(String tree, int column, String expected, String found) {
    Path file = file("dev.txt", "(2 fine)\n\n" + tree + "\n(2 fine)\n");
    assertThatThrownBy(() -> TreeBanks.read("dev", file, 5))
        .isInstanceOfSatisfying(
            DataException.class,
            e -> {
              assertThat(e.file()).isEqualTo(file);
              assertThat(e.line()).isEqualTo(3);
              assertThat(e.column()).isEqualTo(column);
              assertThat(e.expected()).isEqualTo(expected);
              assertThat(e.found()).isEqualTo(found);
            })
        .hasMessageContaining("dev.txt, line 3, column " + column + ": expected ")
        .hasMessageContaining("one tree a line");
  }

  @Test
  void aChainIsReadHoweverDeep() {
    int depth = 100_000;
    String right = "(2 (1 a) ".repeat(depth) + "(0 b)" + ")".repeat(depth);
    String left = "(2 ".repeat(depth) + "(0 b)" + " (1 a))".repeat(depth);
    TreeSet set = TreeBanks.read("a", file("a.txt", right + "\n" + left), 5);
    assertThat(set.trees()).allSatisfy(t -> assertThat(t.depth()).isEqualTo(depth + 1));
    assertThat(set.statistics().leaves()).isEqualTo(2 * depth + 2);
  }

  @Test
  void partsShareTheVocabularyOfTheTrainingPart() {
    file("train.txt", "(2 (2 b) (2 a))\n(2 (2 a) (2 c))");
    file("dev.txt", "(2 (2 a) (2 new))");
    Samples.write(
        folder.resolve("test.txt.gz"), Samples.gzip("(2 c)".getBytes(StandardCharsets.UTF_8)));
    TreeBank bank = TreeBanks.open(folder, 1);
    assertThat(bank.vocabulary().decode(0, 1, 2, 3)).isEqualTo("<unk> a b c");
    assertThat(bank.train().trees().getFirst().words()).containsExactly(-1, 2, 1);
    assertThat(bank.dev().trees().getFirst().words()).containsExactly(-1, 1, 0);
    assertThat(bank.test().trees().getFirst().words()).containsExactly(3);
    assertThat(TreeBanks.openPart(folder, "dev").words()).containsExactly("a", "new");
  }

  @Test
  void missingPartsAndEmptyFilesAreNamed() {
    file("train.txt", "(2 a)");
    assertThatThrownBy(() -> TreeBanks.open(folder, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected dev.txt or dev.txt.gz, found neither");
    assertThatThrownBy(() -> TreeBanks.open(folder.resolve("absent"), 1))
        .hasMessageContaining("found no folder");
    assertThatThrownBy(() -> TreeBanks.read("e", file("e.txt", "\n \n"), 5))
        .hasMessageContaining("at least one tree, found none");
  }

  @Test
  void damagedFilesOnlyEverGiveDataExceptionsOrTrees() {
    long seed = Long.getLong("retrograde.test.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] good =
        "(3 (2 It) (4 (1 's) (0 f\u00e9ne)))\n(2 (2 a) (2 b))\n".getBytes(StandardCharsets.UTF_8);
    byte[] likely = "() \n0249a\u00e9".getBytes(StandardCharsets.UTF_8);
    int valid = 0;
    int refused = 0;
    for (int round = 0; round < 1_000; round++) {
      byte[] bytes = random.nextInt(8) == 0 ? Samples.gzip(good) : good.clone();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        byte fresh =
            random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt();
        bytes[random.nextInt(bytes.length)] = fresh;
      }
      bytes = random.nextInt(6) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
      Path file = folder.resolve("fuzz.txt");
      Samples.write(file, bytes);
      try {
        assertThat(TreeBanks.read("fuzz", file, 5).statistics().nodes()).isPositive();
        assertThat(TextFile.words(file, 0.5, 1).symbols().size()).isPositive();
        assertThat(TextFile.characters(file, 0.5).symbols().size()).isPositive();
        valid++;
      } catch (DataException e) {
        refused++;
      } catch (Throwable e) {
        throw new AssertionError(
            "round %d; repeat with: ./mvnw verify -pl data -Dtest=TreeBanksTest -Dretrograde.test.seed=%d"
                .formatted(round, seed),
            e);
      }
    }
    assertThat(valid).isGreaterThan(20);
    assertThat(refused).isGreaterThan(200);
  }

  @Test
  void theSharedTreebankHasItsStatistics() {
    Optional<Path> home = DataHome.find("sst");
    assumeTrue(home.isPresent(), DataHome.cure("sst"));
    TreeBank bank = TreeBanks.open(home.orElseThrow(), 1);
    assertThat(bank.dev().statistics())
        .isEqualTo(new TreeSet.Statistics(1_101, 41_447, 21_274, 97, 28));
    assertThat(bank.train().size()).isEqualTo(8_544);
    assertThat(bank.test().size()).isEqualTo(2_210);
    assertThat(bank.vocabulary().size()).isEqualTo(18_281);
    assertThat(bank.vocabulary().decode(1, 2, 3)).isEqualTo(". , the");
  }
}
