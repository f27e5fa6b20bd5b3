package dev.ash.node.session;

import dev.ash.node.session.SessionReply.FileDone;
import dev.ash.node.session.SessionReply.Part;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.upload.Content;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** The files of a running sandbox, through its bridge, in parts that fit into a message. */
final class LiveFiles {
  private static final int PART = 256 << 10;

  private final SessionEntities entities;
  private final Executor blocking;

  LiveFiles(SessionEntities entities, Executor blocking) {
    this.entities = entities;
    this.blocking = blocking;
  }

  CompletionStage<SessionReply> part(TenantId tenant, SessionId id, String path, long offset) {
    return entities.ask(
        id, replyTo -> new SessionCommand.ReadFile(tenant, path, offset, PART, replyTo));
  }

  /** A file whose first part is here; the others are asked for as they are wanted. */
  FileContent content(TenantId tenant, SessionId id, String path, Part first) {
    var head = bytes(first);
    var tail =
        Source.unfoldAsync(
            first.last() ? -1L : head.size(),
            offset ->
                offset < 0 || offset >= first.size()
                    ? CompletableFuture.completedFuture(Optional.<Pair<Long, ByteString>>empty())
                    : part(tenant, id, path, offset).thenApply(reply -> more(reply, offset)));
    return new FileContent(
        path,
        first.size(),
        "sandbox",
        Source.single(head).concat(tail).via(new ExactLength(first.size())));
  }

  private static Optional<Pair<Long, ByteString>> more(SessionReply reply, long offset) {
    if (!(reply instanceof Part part)) {
      throw new IllegalStateException("the file could not be read on: " + reply);
    }
    var bytes = bytes(part);
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(Pair.create(part.last() ? -1L : offset + bytes.size(), bytes));
  }

  private static ByteString bytes(Part part) {
    return ByteString.fromArray(Base64.getDecoder().decode(part.base64()));
  }

  CompletionStage<SessionReply> send(TenantId tenant, SessionId id, String path, Content content) {
    return sendParts(tenant, id, path, content.size(), from -> part(content, from), 0);
  }

  /** Sends a file of this node. */
  CompletionStage<SessionReply> send(TenantId tenant, SessionId id, String path, Path file)
      throws IOException {
    return sendParts(tenant, id, path, Files.size(file), from -> part(file, from), 0);
  }

  /** Sends what is left from an offset on, until a part is not taken. */
  private CompletionStage<SessionReply> sendParts(
      TenantId tenant,
      SessionId id,
      String path,
      long size,
      LongFunction<byte[]> parts,
      long offset) {
    return CompletableFuture.supplyAsync(() -> parts.apply(offset), blocking)
        .thenCompose(
            bytes -> {
              var end = offset + bytes.length;
              var part = Base64.getEncoder().encodeToString(bytes);
              return entities
                  .ask(
                      id,
                      to ->
                          new SessionCommand.WriteFile(tenant, path, offset, part, end == size, to))
                  .thenCompose(
                      reply ->
                          end == size || !(reply instanceof FileDone)
                              ? CompletableFuture.completedFuture(reply)
                              : sendParts(tenant, id, path, size, parts, end));
            });
  }

  private static byte[] part(Content content, long offset) {
    try {
      return content.part(offset, PART);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] part(Path file, long offset) {
    try (var in = Files.newByteChannel(file)) {
      return Channels.newInputStream(in.position(offset)).readNBytes(PART);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
