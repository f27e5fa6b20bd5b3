package dev.ash.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From a port of the loopback interface to the node's socket and back. */
@Timeout(30)
final class EgressRelayTest {
  private Path folder;
  private Path socket;
  private ServerSocketChannel node;
  private EgressRelay relay;

  @BeforeEach
  void start() throws IOException {
    folder = Files.createTempDirectory("relay");
    socket = folder.resolve("s");
    node = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    node.bind(UnixDomainSocketAddress.of(socket));
    relay = EgressRelay.open(0, socket);
  }

  @AfterEach
  void end() throws IOException {
    relay.close();
    node.close();
    Files.deleteIfExists(socket);
    Files.delete(folder);
  }

  @Test
  void passesEachDirectionToItsEnd() throws Exception {
    var bytes = new byte[3 << 20];
    new SplittableRandom(7).nextBytes(bytes);
    try (var program = program();
        var passed = node.accept()) {
      var writer = Thread.ofVirtual().start(() -> writeAll(program, bytes));
      assertThat(Channels.newInputStream(passed).readAllBytes()).isEqualTo(bytes);
      writer.join();
      // The other direction is still open.
      passed.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      passed.shutdownOutput();
      assertThat(Channels.newInputStream(program).readAllBytes()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void hangsUpWhereNoNodeListens() throws Exception {
    node.close();
    Files.delete(socket);
    for (var i = 0; i < 300; i++) {
      try (var program = program()) {
        assertThat(Channels.newInputStream(program).readAllBytes()).isEmpty();
      }
    }
  }

  @Test
  void aProgramThatLeavesFreesItsPlace() throws Exception {
    for (var i = 0; i < 300; i++) {
      program().close();
      node.accept().close();
    }
    try (var program = program();
        var passed = node.accept()) {
      program.write(ByteBuffer.wrap(new byte[] {7}));
      assertThat(passed.read(ByteBuffer.allocate(1))).isEqualTo(1);
    }
  }

  private SocketChannel program() throws IOException {
    return SocketChannel.open(
        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), relay.port()));
  }

  private static void writeAll(SocketChannel channel, byte[] bytes) {
    try {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.shutdownOutput();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
