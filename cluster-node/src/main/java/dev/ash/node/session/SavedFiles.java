package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.session.SessionReply.ListedFile;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.session.Rejection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.apache.pekko.util.ByteString;

/** Files as they were saved, by the manifest that names them. What is here blocks for the store. */
final class SavedFiles {
  private final Workspaces workspaces;
  private final InstantSource clock;

  SavedFiles(Workspaces workspaces, InstantSource clock) {
    this.workspaces = workspaces;
    this.clock = clock;
  }

  List<Workspaces.Entry> entries(Digest manifest) {
    try {
      return workspaces.list(manifest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files and links. */
  List<ListedFile> list(Digest manifest) {
    return entries(manifest).stream()
        .filter(entry -> entry.kind() != Bridge.Kind.DIRECTORY)
        .map(SavedFiles::listed)
        .toList();
  }

  private static ListedFile listed(Workspaces.Entry entry) {
    return new ListedFile(
        entry.path(),
        entry.size(),
        entry.mode(),
        entry.modified(),
        entry.kind() == Bridge.Kind.LINK);
  }

  /** A file, and nothing else, of this path. */
  Result<Workspaces.Entry> find(Digest manifest, String path) {
    var entries = entries(manifest);
    var found = entries.stream().filter(entry -> entry.path().equals(path)).findFirst();
    if (found.isEmpty()) {
      // a folder may be there only by what lies in it
      return entries.stream().anyMatch(entry -> entry.path().startsWith(path + "/"))
          ? new Result.Refused<>(new Rejection(Rejection.Code.INVALID, "Path is not a file"))
          : new Result.Refused<>(new Rejection(Rejection.Code.NOT_FOUND, "File not found"));
    }
    return found.get().kind() == Bridge.Kind.FILE
        ? new Result.Ok<>(found.get())
        : new Result.Refused<>(new Rejection(Rejection.Code.INVALID, "Path is not a file"));
  }

  FileContent content(Workspaces.Entry file) {
    var blob = file.blob().orElseThrow();
    Source<ByteString, NotUsed> content =
        StreamConverters.fromInputStream(() -> workspaces.open(blob))
            .mapMaterializedValue(_ -> NotUsed.getInstance());
    return new FileContent(file.path(), file.size(), "snapshot", content);
  }

  /** Where a link leads; its own path when that is outside. */
  static String contentOf(Workspaces.Entry link) {
    return link.target()
        .flatMap(target -> PathRules.targetOf(link.path(), target))
        .filter(target -> !target.isEmpty())
        .orElse(link.path());
  }

  /** Stores a changed list of files; returns its manifest. */
  Digest change(Digest manifest, UnaryOperator<List<Workspaces.Entry>> change) {
    try {
      return workspaces.change(manifest, change);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** These files with one more, or with one replaced, whose content is stored. */
  List<Workspaces.Entry> with(List<Workspaces.Entry> entries, String path, Content content) {
    var changed = new ArrayList<>(entries);
    changed.removeIf(entry -> entry.path().equals(path));
    try (var in = content.open()) {
      var blob = workspaces.storeBlob(in);
      changed.add(
          new Workspaces.Entry(
              path,
              Bridge.Kind.FILE,
              content.size(),
              0644,
              clock.instant(),
              Optional.of(blob),
              Optional.empty()));
      return changed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
