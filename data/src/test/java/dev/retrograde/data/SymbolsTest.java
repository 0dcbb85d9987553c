package dev.retrograde.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymbolsTest {

  @Test
  void anAlphabetIsSortedByCodePointAndGoesBothWays() {
    Alphabet alphabet = Alphabet.of("banana \uD83D\uDE00é\n");
    assertThat(alphabet.size()).isEqualTo(7);
    assertThat(alphabet.decode(0, 1, 2, 3, 4, 5, 6)).isEqualTo("\n abné\uD83D\uDE00");
    assertThat(alphabet.encode("nab\uD83D\uDE00")).containsExactly(4, 2, 3, 6);
    assertThat(alphabet.symbol(6)).isEqualTo("\uD83D\uDE00");
  }

  @Test
  void aCharacterOutsideTheAlphabetIsNamedWithItsPlace() {
    assertThatThrownBy(() -> Alphabet.of("abc").encode("a\uD83D\uDE00c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one of its 3 characters, found U+1F600 at character 1");
    assertThatThrownBy(() -> Alphabet.of("")).hasMessageContaining("found an empty text");
  }

  @Test
  void frequentWordsComeFirstAndEquallyFrequentOnesInOrder() {
    Vocabulary words = Vocabulary.ofText("the cat the dog\ta cat\nthe bird dog", 1);
    assertThat(words.decode(0, 1, 2, 3, 4, 5)).isEqualTo("<unk> the cat dog a bird");
    assertThat(words.encode("a cow the cat")).containsExactly(4, 0, 1, 2);
  }

  @Test
  void rareWordsAreUnknownAndCountsInAnyOrderGiveEqualCodes() {
    Map<String, Integer> forward = new LinkedHashMap<>();
    Map<String, Integer> backward = new LinkedHashMap<>();
    for (int i = 0; i < 50; i++) {
      forward.put("w" + i, 1 + i % 5);
      backward.put("w" + (49 - i), 1 + (49 - i) % 5);
    }
    Vocabulary kept = Vocabulary.of(forward, 4, 100);
    assertThat(kept).isEqualTo(Vocabulary.of(backward, 4, 100));
    assertThat(kept.fingerprint()).isEqualTo(Vocabulary.of(backward, 4, 100).fingerprint());
    assertThat(kept.size()).isEqualTo(21);
    assertThat(kept.symbol(1)).isEqualTo("w14");
    assertThat(kept.code("w0")).isEqualTo(Vocabulary.UNKNOWN);
    assertThat(Vocabulary.of(forward, 1, 3).decode(1, 2, 3)).isEqualTo("w14 w19 w24");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void characterCodesSpellTheTextAndPartsAreItsFrontAndEnd(int tenths) {
    String text = "It was the best of times.";
    TextSet set = TextSet.characters("tale", text, tenths / 10.0);
    String front = set.symbols().decode(set.train().codes());
    String end = set.symbols().decode(set.test().codes());
    assertThat(front + end).isEqualTo(text);
    assertThat(end.length()).isEqualTo(Math.round(text.length() * tenths / 10.0));
  }

  @Test
  void wordsOfTheTestPartAloneAreUnknown() {
    TextSet set = TextSet.words("song", "la la da di la la da di boum boum", 0.2, 1);
    assertThat(set.train().codes()).containsExactly(1, 1, 2, 3, 1, 1, 2, 3);
    assertThat(set.test().codes()).containsExactly(0, 0);
    assertThat(set.symbols().size()).isEqualTo(4);
  }

  @Test
  void splitsWithoutAPartAreRefused() {
    assertThatThrownBy(() -> TextSet.characters("x", "abc", 0))
        .hasMessageContaining("test share above 0 and below 1, found 0.0");
    assertThatThrownBy(() -> TextSet.words("x", "abc", 0.5, 1))
        .hasMessageContaining("at least 2 words to split, found 1");
  }

  @Test
  void aCorpusKeepsToItsBounds() {
    Corpus corpus = Corpus.of("c", 5, new Random(1).ints(20, 0, 5).toArray());
    Corpus part = corpus.slice("part", 4, 9);
    assertThat(part.code(0)).isEqualTo(corpus.code(4));
    assertThat(part.codes()).hasSize(5);
    assertThatThrownBy(() -> part.code(5)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> part.copy(2, new int[4]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Corpus.of("c", 2, new int[] {0, 2}))
        .hasMessageContaining("codes from 0 to 1, found 2 at place 1");
  }
}
