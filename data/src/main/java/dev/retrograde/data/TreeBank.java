package dev.retrograde.data;

import java.util.List;

/// The parts of a treebank, with the codes of one vocabulary.
///
/// @param name what messages and reports call it
/// @param vocabulary the words of the training part
/// @param train the trees to learn from
/// @param dev the trees to tune by
/// @param test the trees to judge by
public record TreeBank(
    String name, Vocabulary vocabulary, TreeSet train, TreeSet dev, TreeSet test) {

  public TreeBank {
    for (TreeSet part : List.of(train, dev, test)) {
      if (part.words().size() != vocabulary.size() || part.classes() != train.classes()) {
        throw new IllegalArgumentException(
            "TreeBank '%s': expected parts with %d words and %d classes, found '%s' with %d and %d. Encode each part with the vocabulary."
                .formatted(
                    name,
                    vocabulary.size(),
                    train.classes(),
                    part.name(),
                    part.words().size(),
                    part.classes()));
      }
    }
  }

  /// The first so many trees to learn from, and at most as many of the other parts.
  public TreeBank first(int count) {
    return new TreeBank(name, vocabulary, train.first(count), dev.first(count), test.first(count));
  }
}
