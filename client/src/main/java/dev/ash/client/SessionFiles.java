package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Download;
import dev.ash.client.http.Paths;
import dev.ash.client.model.FileEntry;
import dev.ash.client.model.FileText;
import dev.ash.client.model.FileUpload;
import dev.ash.client.model.WrittenFile;
import java.util.List;

/** The files of a session's workspace: {@code /api/sessions/:id/files}. */
public final class SessionFiles {
  private final Connection connection;

  SessionFiles(Connection connection) {
    this.connection = connection;
  }

  /** All files; without the hidden ones when they are not wanted. */
  public List<FileEntry> list(String session, boolean hidden) {
    var answer = connection.json(Call.get(path(session) + "?includeHidden=" + hidden));
    return answer.path("files").valueStream().map(FileEntry::of).toList();
  }

  /** A file as text; refused when it is larger than 1 MiB. */
  public FileText read(String session, String file) {
    return FileText.of(connection.json(Call.get(path(session, file) + "?format=json")));
  }

  /** A file as it is, up to 100 MiB. The caller closes it. */
  public Download download(String session, String file) {
    return connection.download(Call.get(path(session, file) + "?format=raw"));
  }

  /**
   * Writes up to 500 files of up to 50 MiB each, 100 MiB in all. The call succeeds also when some
   * of them could not be written: each result says so.
   */
  public List<WrittenFile> write(String session, List<FileUpload> files) {
    var answer = connection.json(Call.post(path(session)).with(Uploads.object(files)));
    return answer.path("files").valueStream().map(WrittenFile::of).toList();
  }

  public void delete(String session, String file) {
    connection.json(Call.delete(path(session, file)));
  }

  private static String path(String session) {
    return "/api/sessions/" + Paths.segment(session) + "/files";
  }

  private static String path(String session, String file) {
    return path(session) + "/" + Paths.segments(file);
  }
}
