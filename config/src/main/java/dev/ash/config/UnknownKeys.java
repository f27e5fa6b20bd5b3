package dev.ash.config;

import com.typesafe.config.ConfigObject;
import java.util.ArrayList;
import java.util.List;

/** Finds keys that nobody reads, which are mostly misspelt ones. */
final class UnknownKeys {
  private UnknownKeys() {}

  static List<String> in(ConfigObject given, ConfigObject known, String path) {
    var unknown = new ArrayList<String>();
    given.forEach(
        (key, value) -> {
          var at = path + "." + key;
          if (!known.containsKey(key)) {
            unknown.add(at);
          } else if (value instanceof ConfigObject child
              && known.get(key) instanceof ConfigObject knownChild) {
            unknown.addAll(in(child, knownChild, at));
          }
        });
    return unknown;
  }
}
