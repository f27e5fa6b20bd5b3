package dev.ash.node.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.session.Sessions.NewFile;
import dev.ash.node.session.Sessions.Written;
import dev.ash.node.upload.Content;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The files of one F3 request: those that are small enough, and what is said of the others. */
final class Upload {
  private static final long LARGEST_FILE = 52_428_800;
  private static final long LARGEST_BATCH = 104_857_600;

  static final FileSieve.Contents CONTENTS =
      FileSieve.Contents.files(500, LARGEST_FILE, LARGEST_BATCH);

  private final List<Item> items;

  private record Item(String path, Content content, Optional<String> error) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"path", "written", "size", "error"})
  record WrittenView(String path, boolean written, @Nullable Long size, @Nullable String error) {
    static WrittenView of(Written file) {
      return new WrittenView(
          file.path(),
          file.written(),
          file.size().isPresent() ? file.size().getAsLong() : null,
          file.error().orElse(null));
    }
  }

  private Upload(List<Item> items) {
    this.items = items;
  }

  static Upload of(Exchange exchange) {
    var items = new ArrayList<Item>();
    var total = 0L;
    for (var file : exchange.body().path("files")) {
      var path = file.path("path").asText();
      var content = exchange.content(file.path("content"));
      if (content.size() > LARGEST_FILE) {
        var why = "File too large (" + content.size() + " bytes, max " + LARGEST_FILE + ")";
        items.add(new Item(path, Content.EMPTY, Optional.of(why)));
        continue;
      }
      total += content.size();
      var error =
          total > LARGEST_BATCH
              ? Optional.of("Batch size limit exceeded")
              : Optional.<String>empty();
      items.add(new Item(path, content.content(), error));
    }
    return new Upload(items);
  }

  List<NewFile> accepted() {
    return items.stream()
        .filter(item -> item.error().isEmpty())
        .map(item -> new NewFile(item.path(), item.content()))
        .toList();
  }

  /** All outcomes in the order of the request. */
  Map<String, List<WrittenView>> outcomes(List<Written> ofAccepted) {
    var written = ofAccepted.iterator();
    var views =
        items.stream()
            .map(
                item ->
                    item.error()
                        .map(why -> new WrittenView(item.path(), false, null, why))
                        .orElseGet(() -> WrittenView.of(written.next())))
            .toList();
    return Map.of("files", views);
  }
}
