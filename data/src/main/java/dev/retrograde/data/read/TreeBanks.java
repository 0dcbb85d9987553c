package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.Vocabulary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;

/// Reads treebanks: text in UTF-8, plain or gzip, one binary tree a line, `(label left right)` or
/// `(label word)`, as the Stanford Sentiment Treebank comes (Socher et al., "Recursive deep models
/// for semantic compositionality over a sentiment treebank", EMNLP 2013). Empty lines are passed
/// over.
public final class TreeBanks {
  /// Labels of the Stanford Sentiment Treebank: very negative, negative, neutral, positive, very
  /// positive.
  public static final int SENTIMENTS = 5;

  private TreeBanks() {}

  /// A folder with `train.txt`, `dev.txt` and `test.txt`, each plain or `.gz`, all with the
  /// vocabulary of the training part.
  ///
  /// @param leastCount occurrences in the training part that a word needs to be listed, at least 1
  /// @throws DataException if a file is missing or damaged
  public static TreeBank open(Path folder, int leastCount) {
    String name = nameOf(folder);
    TreeSet train = read(name + " train", part(folder, "train"), SENTIMENTS);
    Vocabulary vocabulary = Vocabulary.of(train.wordCounts(), leastCount, Integer.MAX_VALUE);
    return new TreeBank(
        name,
        vocabulary,
        train.encoded(vocabulary),
        read(name + " dev", part(folder, "dev"), SENTIMENTS).encoded(vocabulary),
        read(name + " test", part(folder, "test"), SENTIMENTS).encoded(vocabulary));
  }

  /// One part of a folder: `train`, `dev` or `test`, with a vocabulary of its own words in the
  /// order of their first occurrence.
  ///
  /// @throws DataException if the file is missing or damaged
  public static TreeSet openPart(Path folder, String part) {
    return read(nameOf(folder) + " " + part, part(folder, part), SENTIMENTS);
  }

  /// The trees of a file; words have codes in the order of their first occurrence.
  ///
  /// @param name what messages and reports call the set
  /// @param classes how many labels there are, from 1 to 1000; those of the file run from 0 to one
  ///   less
  /// @throws DataException if the file cannot be read, or a line is no tree
  public static TreeSet read(String name, Path file, int classes) {
    if (classes < 1 || classes > 1000) {
      throw new IllegalArgumentException(
          "TreeBanks: expected from 1 to 1000 classes, found " + classes + ".");
    }
    String text = TextFile.read(file);
    TreeReader reader = new TreeReader(file, classes, new HashMap<>());
    List<Tree> trees = new ArrayList<>();
    int line = 0;
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      String content = text.substring(start, end);
      line++;
      if (!TreeReader.isBlank(content)) {
        trees.add(reader.read(content, line));
      }
      start = end + 1;
    }
    if (trees.isEmpty()) {
      throw new DataException(
          Place.whole(file), "at least one tree", "none", "Name a file with a tree a line.");
    }
    return new TreeSet(name, classes, reader.words(), trees);
  }

  private static Path part(Path folder, String part) {
    return Stream.of(part + ".txt", part + ".txt.gz")
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() ->
            new DataException(
                Place.whole(folder),
                part + ".txt or " + part + ".txt.gz",
                Files.isDirectory(folder) ? "neither" : "no folder",
                "Name the folder that holds train.txt, dev.txt and test.txt."));
  }

  private static String nameOf(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "trees" : last.toString();
  }
}
