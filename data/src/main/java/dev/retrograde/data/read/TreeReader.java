package dev.retrograde.data.read;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Reads one line, `(label left right)` or `(label word)`, into a [Tree].
///
/// An own stack of open nodes instead of recursion: a chain of any depth is read on any thread.
/// Tokens end at parentheses and at the blanks of ASCII, and only there: words hold other spaces.
final class TreeReader {
  private static final String CURE =
      "Write (label left right) or (label word) with one tree a line, or fetch the file again.";

  private final Path file;
  private final int classes;
  private final Map<String, Integer> codes;
  private final List<String> words = new ArrayList<>();

  private String text = "";
  private int line;
  private int at;

  // The tree so far.
  private int size;
  private int[] score = new int[64];
  private int[] word = new int[64];
  private int[] left = new int[64];
  private int[] right = new int[64];

  // Open nodes, the root first.
  private int depth;
  private int[] open = new int[64];

  /// @param codes of the words so far; gets those that are new, in the order of their occurrence
  TreeReader(Path file, int classes, Map<String, Integer> codes) {
    this.file = file;
    this.classes = classes;
    this.codes = codes;
  }

  /// The word of each code that this reader added.
  List<String> words() {
    return words;
  }

  /// The tree in a line.
  ///
  /// @param number of the line, from 1
  Tree read(String content, int number) {
    text = content;
    line = number;
    at = 0;
    size = 0;
    depth = 0;
    skipBlanks();
    begin();
    while (depth > 0) {
      skipBlanks();
      int node = open[depth - 1];
      if (peek() == ')') {
        end(node);
      } else if (word[node] != Tree.NONE || right[node] != Tree.NONE) {
        throw damaged("')' after " + (word[node] != Tree.NONE ? "the word" : "two children"));
      } else if (peek() == '(') {
        int child = begin();
        if (left[node] == Tree.NONE) {
          left[node] = child;
        } else {
          right[node] = child;
        }
      } else if (left[node] != Tree.NONE || peek() == 0) {
        throw damaged(left[node] == Tree.NONE ? "a word or a tree" : "a second child");
      } else {
        word[node] = code(token());
      }
    }
    skipBlanks();
    if (at < text.length()) {
      throw damaged("the end of the line after a tree");
    }
    return Tree.of(
        Arrays.copyOf(score, size),
        Arrays.copyOf(word, size),
        Arrays.copyOf(left, size),
        Arrays.copyOf(right, size));
  }

  private int begin() {
    if (peek() != '(') {
      throw damaged("'('");
    }
    at++;
    skipBlanks();
    int start = at;
    String label = token();
    if (!label.matches("[0-9]{1,3}") || Integer.parseInt(label) >= classes) {
      at = start;
      throw damaged("a label from 0 to " + (classes - 1));
    }
    if (size == score.length) {
      grow();
    }
    score[size] = Integer.parseInt(label);
    word[size] = Tree.NONE;
    left[size] = Tree.NONE;
    right[size] = Tree.NONE;
    if (depth == open.length) {
      open = Arrays.copyOf(open, 2 * depth);
    }
    open[depth++] = size;
    return size++;
  }

  private void end(int node) {
    if (word[node] == Tree.NONE && right[node] == Tree.NONE) {
      throw damaged(left[node] == Tree.NONE ? "a word or a tree" : "a second child");
    }
    at++;
    depth--;
  }

  private void grow() {
    score = Arrays.copyOf(score, 2 * size);
    word = Arrays.copyOf(word, 2 * size);
    left = Arrays.copyOf(left, 2 * size);
    right = Arrays.copyOf(right, 2 * size);
  }

  private int code(String token) {
    Integer known = codes.get(token);
    if (known != null) {
      return known;
    }
    int fresh = codes.size();
    codes.put(token, fresh);
    words.add(token);
    return fresh;
  }

  /// The characters up to the next parenthesis or blank; may be none.
  private String token() {
    int start = at;
    while (at < text.length() && !isBlank(peek()) && peek() != '(' && peek() != ')') {
      at++;
    }
    return text.substring(start, at);
  }

  private void skipBlanks() {
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
  }

  /// Whether a line holds nothing but ASCII blanks.
  static boolean isBlank(String line) {
    return line.chars().allMatch(c -> isBlank((char) c));
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  /// The character at hand, 0 at the end of the line.
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private DataException damaged(String expected) {
    String found = "the end of the line";
    if (at < text.length()) {
      String rest = text.substring(at, Math.min(text.length(), at + 20));
      found = "'" + rest + (rest.length() < text.length() - at ? "...'" : "'");
    }
    int column = text.codePointCount(0, Math.min(at, text.length())) + 1;
    return new DataException(Place.at(file, line, column), expected, found, CURE);
  }
}
