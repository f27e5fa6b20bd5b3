package dev.ash.gateway.audit;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is only added to. When it was moved away, as logrotate does, the next line goes into
 * a new one. A channel that an interrupted thread has closed is opened again.
 */
final class FileSink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(FileSink.class);

  private final Path file;
  private Optional<LastLine> last = Optional.empty();
  private @Nullable FileChannel channel;
  private Optional<Object> key = Optional.empty();

  FileSink(Path file) {
    this.file = file;
  }

  @Override
  public Optional<Found> opened() throws IOException {
    if (channel != null && channel.isOpen() && key.isPresent() && key.equals(identity())) {
      return Optional.empty();
    }
    close(channel);
    channel = null;
    if (last.isPresent() && !last.get().isOpen()) {
      last = Optional.empty();
    }
    create(file);
    var regular = Files.isRegularFile(file);
    if (regular && last.isEmpty()) {
      last = Optional.of(LastLine.of(file));
    }
    var found = regular ? found(LogTail.of(file)) : Found.nothing();
    channel = FileChannel.open(file, APPEND, WRITE);
    key = identity();
    return Optional.of(found);
  }

  static void create(Path file) throws IOException {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException _) {
      // It is added to.
    }
  }

  /** The log itself is right, unless it ends before what is known to have been written. */
  private Found found(LogTail tail) throws IOException {
    var noted = last.isEmpty() ? Optional.<Link>empty() : last.get().read();
    var ahead = noted.filter(n -> tail.last().filter(l -> l.sequence() >= n.sequence()).isEmpty());
    if (ahead.isPresent() && tail.last().isPresent()) {
      LOG.error(
          "{} ends with line {}, and line {} was written: lines were removed, and verify says so",
          file,
          tail.last().get().sequence(),
          ahead.get().sequence());
    }
    return new Found(ahead.or(tail::last), tail.unchained(), tail.unended());
  }

  private Optional<Object> identity() throws IOException {
    try {
      return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public void write(byte[] bytes) throws ShortWriteException {
    var buffer = ByteBuffer.wrap(bytes);
    var open = channel;
    try {
      if (open == null) {
        throw new IOException(file + " is not open");
      }
      while (buffer.hasRemaining()) {
        if (open.write(buffer) == 0) {
          throw new IOException(file + " takes no more bytes");
        }
      }
    } catch (IOException e) {
      throw new ShortWriteException(buffer.position(), e);
    }
  }

  @Override
  public void remember(Link link) {
    last.ifPresent(note -> note.write(link));
  }

  private static void close(@Nullable FileChannel open) throws IOException {
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      close(channel);
    } finally {
      if (last.isPresent()) {
        last.get().close();
      }
    }
  }
}
