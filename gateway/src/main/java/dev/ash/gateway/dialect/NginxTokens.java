package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import java.util.ArrayList;
import java.util.List;

/** Nginx's file as a tree of directives. */
final class NginxTokens {
  private static final int MAX_DEPTH = 20;

  /** A directive; its block is empty where it ends with a semicolon. */
  record Directive(String name, List<String> args, List<Directive> block, int line) {
    Directive {
      args = List.copyOf(args);
      block = List.copyOf(block);
    }
  }

  private final String text;
  private int at;
  private int line = 1;

  private NginxTokens(String text) {
    this.text = text;
  }

  static List<Directive> parse(String text) throws ConfigException {
    var parser = new NginxTokens(text);
    return parser.block(0);
  }

  private List<Directive> block(int depth) throws ConfigException {
    if (depth > MAX_DEPTH) {
      throw new ConfigException("line " + line, "deep", "at most " + MAX_DEPTH + " blocks");
    }
    var directives = new ArrayList<Directive>();
    var words = new ArrayList<String>();
    var start = line;
    for (var word = next(); word != null; word = next()) {
      switch (word) {
        case ";", "{" -> {
          if (words.isEmpty()) {
            throw new ConfigException("line " + line, word, "a directive");
          }
          directives.add(
              new Directive(
                  words.getFirst(),
                  words.subList(1, words.size()),
                  word.equals("{") ? block(depth + 1) : List.of(),
                  start));
          words.clear();
        }
        case "}" -> {
          if (depth == 0 || !words.isEmpty()) {
            throw new ConfigException("line " + line, "}", depth == 0 ? "no block to end" : ";");
          }
          return directives;
        }
        default -> {
          if (words.isEmpty()) {
            start = line;
          }
          words.add(word.substring(1));
        }
      }
    }
    if (depth > 0 || !words.isEmpty()) {
      throw new ConfigException("line " + line, "the end of the file", depth > 0 ? "}" : ";");
    }
    return directives;
  }

  /** The next sign, or a word with a mark before it. */
  private @org.jspecify.annotations.Nullable String next() throws ConfigException {
    while (at < text.length()) {
      var c = text.charAt(at);
      if (c == '#') {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else if (Character.isWhitespace(c)) {
        line += c == '\n' ? 1 : 0;
        at++;
      } else if (c == ';' || c == '{' || c == '}') {
        at++;
        return String.valueOf(c);
      } else {
        return "w" + word(c);
      }
    }
    return null;
  }

  private String word(char first) throws ConfigException {
    var word = new StringBuilder();
    if (first == '"' || first == '\'') {
      for (at++; at < text.length() && text.charAt(at) != first; at++) {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        line += text.charAt(at) == '\n' ? 1 : 0;
        word.append(text.charAt(at));
      }
      if (at++ >= text.length()) {
        throw new ConfigException("line " + line, "the end of the file", "a closing quote");
      }
      return word.toString();
    }
    while (at < text.length()) {
      var c = text.charAt(at);
      if (c == '$' && at + 1 < text.length() && text.charAt(at + 1) == '{') {
        var end = Math.max(at, text.indexOf('}', at));
        word.append(text, at, end);
        at = end;
        word.append('}');
        at++;
        continue;
      }
      if (Character.isWhitespace(c) || c == ';' || c == '{' || c == '}') {
        break;
      }
      word.append(c);
      at++;
    }
    return word.toString();
  }
}
