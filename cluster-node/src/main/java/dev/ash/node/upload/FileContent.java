package dev.ash.node.upload;

import java.io.IOException;

/** A content that lies in the file of its request. */
record FileContent(UploadFile file, long begin, long size) implements Content {
  @Override
  public byte[] part(long from, int most) throws IOException {
    return file.read(begin + from, (int) Math.max(0, Math.min(most, size - from)));
  }
}
