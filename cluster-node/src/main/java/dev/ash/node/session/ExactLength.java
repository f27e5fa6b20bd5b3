package dev.ash.node.session;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Passes exactly so many bytes: a file that grows while it is read is cut, one that shrinks fails
 * the stream, since its length was announced before.
 */
final class ExactLength extends GraphStage<FlowShape<ByteString, ByteString>> {
  private final Inlet<ByteString> in = Inlet.create("in");
  private final Outlet<ByteString> out = Outlet.create("out");
  private final long length;

  ExactLength(long length) {
    this.length = length;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return FlowShape.of(in, out);
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new GraphStageLogic(shape()) {
      private long left = length;

      {
        setHandler(
            in,
            new AbstractInHandler() {
              @Override
              public void onPush() {
                var bytes = grab(in);
                var kept = bytes.size() > left ? bytes.take((int) left) : bytes;
                left -= kept.size();
                push(out, kept);
                if (left == 0) {
                  completeStage();
                }
              }

              @Override
              public void onUpstreamFinish() {
                if (left > 0) {
                  failStage(
                      new IllegalStateException(
                          "the file became " + left + " bytes shorter while it was read"));
                } else {
                  completeStage();
                }
              }
            });
        setHandler(
            out,
            new AbstractOutHandler() {
              @Override
              public void onPull() {
                pull(in);
              }
            });
      }
    };
  }
}
