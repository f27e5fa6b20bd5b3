package dev.ash.node.workspace;

import dev.ash.persistence.blob.BlobStore;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

/**
 * Stores contents, the small ones only when they are new: they are named in memory first, which is
 * cheap, where writing them aside to find out costs a commit to disk each.
 */
final class Contents {
  private static final int SMALL = FileStream.CHUNK;

  private final BlobStore blobs;

  Contents(BlobStore blobs) {
    this.blobs = blobs;
  }

  Digest store(InputStream content) throws IOException {
    var start = content.readNBytes(SMALL);
    if (start.length == SMALL) {
      return blobs.put(new SequenceInputStream(new ByteArrayInputStream(start), content));
    }
    var digest = Digest.of(start);
    return blobs.has(digest) ? digest : blobs.put(new ByteArrayInputStream(start));
  }
}
