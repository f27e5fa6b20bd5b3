package dev.ash.node.upload;

import org.apache.pekko.util.ByteString;

/** A content in memory. */
record HeldContent(ByteString bytes) implements Content {
  @Override
  public long size() {
    return bytes.size();
  }

  @Override
  public byte[] part(long from, int most) {
    var begin = (int) Math.min(from, bytes.size());
    return bytes.slice(begin, begin + Math.min(most, bytes.size() - begin)).toArray();
  }
}
