package dev.ash.node.workspace;

import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Writes files into a tar. Blocks; one thread at a time. */
public final class TarballWriter implements Closeable {
  private static final int PERMISSIONS = 0777;

  private final TarArchiveOutputStream tar;

  /**
   * Starts an archive.
   *
   * @param out receives it, and is closed with it; {@link #bounded} and a compressor go around it
   */
  public TarballWriter(OutputStream out) {
    this.tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
  }

  /**
   * Adds a file.
   *
   * @param size of the content, which must be as long
   */
  public void file(String path, int mode, Instant modified, long size, InputStream content)
      throws IOException {
    var entry = new TarArchiveEntry("./" + path);
    entry.setSize(size);
    entry.setMode(mode & PERMISSIONS);
    entry.setLastModifiedTime(FileTime.from(modified));
    tar.putArchiveEntry(entry);
    content.transferTo(tar);
    tar.closeArchiveEntry();
  }

  public void link(String path, String target, Instant modified) throws IOException {
    var entry = new TarArchiveEntry("./" + path, TarConstants.LF_SYMLINK);
    entry.setLinkName(target);
    entry.setLastModifiedTime(FileTime.from(modified));
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  /** An empty folder; folders that hold something need no entry. */
  public void folder(String path, int mode, Instant modified) throws IOException {
    var entry = new TarArchiveEntry("./" + path + "/");
    entry.setMode(mode & PERMISSIONS);
    entry.setLastModifiedTime(FileTime.from(modified));
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }

  /** Fails with {@link Workspaces.TooLargeException} at the first byte that is too many. */
  public static OutputStream bounded(OutputStream out, long limit, String otherwise) {
    return new FilterOutputStream(out) {
      private long written;

      @Override
      public void write(int b) throws IOException {
        count(1);
        out.write(b);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        count(length);
        out.write(bytes, offset, length);
      }

      private void count(int more) throws IOException {
        written += more;
        if (written > limit) {
          throw new Workspaces.TooLargeException(otherwise);
        }
      }
    };
  }
}
