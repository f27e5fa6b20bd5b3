package dev.ash.node.workspace;

import dev.ash.config.SandboxConfig;
import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.persistence.blob.BlobStore;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Workspaces whose contents and manifests are blobs. Threads may share it. */
public final class StoredWorkspaces implements Workspaces {
  private final BlobStore blobs;
  private final long diskBytes;

  public StoredWorkspaces(BlobStore blobs, SandboxConfig config) {
    this.blobs = blobs;
    this.diskBytes = config.diskBytes();
  }

  @Override
  public Digest save(Bridge bridge, Optional<Digest> previous)
      throws IOException, InterruptedException {
    var before = previous.isPresent() ? read(previous.get()) : new Manifest(List.of());
    try {
      var after = new Save(bridge, blobs, diskBytes, before).run();
      return previous.isPresent() && after.equals(before) ? previous.get() : put(after);
    } catch (InterruptedIOException e) {
      if (Thread.interrupted()) {
        throw interrupted(e);
      }
      throw e;
    }
  }

  @Override
  public void restore(Digest manifest, Path folder) throws IOException {
    new Restore(blobs, folder).write(read(manifest));
  }

  @Override
  public List<Entry> list(Digest manifest) throws IOException {
    return read(manifest).entries();
  }

  @Override
  public InputStream open(Digest blob) throws IOException {
    return blobs.open(blob);
  }

  @Override
  public Digest store(List<NewFile> files) throws IOException {
    var entries = new ArrayList<Entry>(files.size());
    for (var file : files) {
      var blob = blobs.put(file.content().asInputStream());
      entries.add(
          new Entry(
              file.path(),
              Kind.FILE,
              file.content().size(),
              file.mode(),
              file.modified(),
              Optional.of(blob),
              Optional.empty()));
    }
    return put(new Manifest(entries));
  }

  @Override
  public Digest change(Digest manifest, Function<List<Entry>, List<Entry>> change)
      throws IOException {
    var before = read(manifest);
    var after = new Manifest(change.apply(before.entries()));
    return after.equals(before) ? manifest : put(after);
  }

  @Override
  public Digest storeBlob(InputStream content) throws IOException {
    return blobs.put(content);
  }

  private Manifest read(Digest manifest) throws IOException {
    try (var in = blobs.open(manifest)) {
      return Manifest.parse(in);
    }
  }

  private Digest put(Manifest manifest) throws IOException {
    return blobs.put(new ByteArrayInputStream(manifest.json()));
  }

  private static InterruptedException interrupted(Exception cause) {
    var interrupted = new InterruptedException(cause.getMessage());
    interrupted.initCause(cause);
    return interrupted;
  }
}
