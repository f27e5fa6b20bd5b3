package dev.ash.node.egress;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Places that may be reached. */
record AllowList(List<AllowEntry> entries) {
  static final AllowList EMPTY = new AllowList(List.of());

  /** Longer lists would be asked about for every connection. */
  private static final int MAX_ENTRIES = 1_000;

  AllowList {
    entries = List.copyOf(entries);
  }

  /**
   * Reads a list.
   *
   * @param text entries with commas, spaces or line ends between them
   */
  static AllowList parse(String text) throws UnreadableException {
    var entries = new ArrayList<AllowEntry>();
    for (var word : text.split("[,\\s]+", -1)) {
      if (!word.isEmpty()) {
        entries.add(AllowEntry.parse(word));
      }
      if (entries.size() > MAX_ENTRIES) {
        throw new UnreadableException(
            "more than " + MAX_ENTRIES + " entries (expected: ranges or *.host)");
      }
    }
    return new AllowList(entries);
  }

  /** Both lists as one. */
  AllowList and(AllowList other) {
    var all = new ArrayList<>(entries);
    all.addAll(other.entries);
    return new AllowList(all);
  }

  /** Whether the target is listed as it was written: a name by name, an address by address. */
  boolean names(Target target) {
    return switch (target.host()) {
      case Host.Name(var name) -> named(name, target.port(), false);
      case Host.Address(var address) -> holds(address, target.port());
    };
  }

  /** Whether the target is a name that may be at a private address. */
  boolean namesPrivate(Target target) {
    return switch (target.host()) {
      case Host.Name(var name) -> named(name, target.port(), true);
      case Host.Address _ -> false;
    };
  }

  boolean holds(InetAddress address, int port) {
    return entries.stream()
        .anyMatch(
            entry ->
                switch (entry) {
                  case AllowEntry.Range range -> range.covers(address, port);
                  case AllowEntry.Named _ -> false;
                });
  }

  private boolean named(String name, int port, boolean privateOnly) {
    return entries.stream()
        .anyMatch(
            entry ->
                switch (entry) {
                  case AllowEntry.Range _ -> false;
                  case AllowEntry.Named named ->
                      named.covers(name, port) && (named.privateToo() || !privateOnly);
                });
  }
}
