package dev.ash.node.egress;

import dev.ash.node.egress.AnswerException.Kind;
import dev.ash.node.telemetry.Metrics;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a sandbox: reads where it wants to, asks the rules, connects, then passes bytes
 * both ways. Each direction holds one buffer and reads no more before that one is written, so that
 * a slow side slows the other down.
 */
final class Passage implements Runnable, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Passage.class);

  private static final Duration HEAD_WITHIN = Duration.ofSeconds(10);
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);

  /** Looking up, then connecting to each address that is tried. */
  private static final Duration REACH_WITHIN = Duration.ofSeconds(45);

  private static final Duration FAREWELL_WITHIN = Duration.ofSeconds(2);
  private static final int MOST_ADDRESSES = 3;

  /** An answer may hold any number, and each is compared with this machine's own. */
  private static final int MOST_LOOKED_AT = 32;

  private static final int LARGEST_FAREWELL = 1 << 20;
  private static final int BUFFER = 16 * 1024;

  private final Guest guest;
  private final SocketChannel sandbox;
  private final Surroundings node;
  private final Deadlines.Deadline deadline;
  private volatile Optional<SocketChannel> outside = Optional.empty();
  private long sent;
  private long received;
  private volatile Optional<Kind> unanswered = Optional.empty();

  /**
   * What all passages of a node share.
   *
   * @param places bounds the connections of all sandboxes together
   * @param own whether an address is one of this machine's
   * @param idle how long nothing may go over a connection
   */
  record Surroundings(
      Semaphore places,
      Lookup lookup,
      Predicate<InetAddress> own,
      Deadlines deadlines,
      Duration idle,
      Metrics metrics) {}

  Passage(Guest guest, SocketChannel sandbox, Surroundings node) {
    this.guest = guest;
    this.sandbox = sandbox;
    this.node = node;
    this.deadline = node.deadlines().start(HEAD_WITHIN, this::closeBoth);
  }

  /** Cuts it off. */
  @Override
  public void close() {
    deadline.close();
    closeBoth();
  }

  @Override
  public void run() {
    var outcome = "passed";
    try {
      take(guest.connections(), "this sandbox", "ash.sandbox.egress-connections");
      try {
        pass();
      } finally {
        guest.connections().release();
      }
    } catch (AnswerException e) {
      outcome = e.kind().outcome();
      answer(e);
    } catch (IOException e) {
      // Either side may leave at any time, and so may the session.
      LOG.debug("A connection of a sandbox broke off", e);
      outcome = "failed";
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      outcome = "failed";
    } finally {
      close();
      node.metrics().egressEnded(unanswered.map(Kind::outcome).orElse(outcome), sent, received);
    }
  }

  private static void take(Semaphore places, String whose, String bound) throws AnswerException {
    if (!places.tryAcquire()) {
      throw new AnswerException(
          Kind.TOO_MANY, whose + " has too many connections to the outside (" + bound + ")");
    }
  }

  private void pass() throws AnswerException, IOException, InterruptedException {
    var buffer = ByteBuffer.allocate(RequestHead.LONGEST);
    var length = readHead(buffer);
    var bytes = new byte[length];
    buffer.flip().get(bytes);
    var head = RequestHead.parse(bytes);
    var refusal = guest.rules().refusal(head.target());
    if (refusal.isPresent()) {
      throw refused(head.target(), refusal.get());
    }
    // Only now: whoever says nothing, or may go nowhere, takes no place from the others.
    take(guest.tenant().places(), "this tenant", "half of the node's");
    try {
      take(node.places(), "the node", "all sandboxes together");
      try {
        reach(head, buffer);
      } finally {
        node.places().release();
      }
    } finally {
      guest.tenant().places().release();
    }
  }

  /** Connects, and passes bytes until both sides have ended. */
  private void reach(RequestHead head, ByteBuffer buffer)
      throws AnswerException, IOException, InterruptedException {
    deadline.set(REACH_WITHIN);
    var channel = connect(head.target());
    outside = Optional.of(channel);
    if (!sandbox.isOpen()) {
      throw new IOException("the sandbox left");
    }
    deadline.set(node.idle());
    if (head.connect()) {
      write(sandbox, ascii("HTTP/1.1 200 Connection established\r\n\r\n"));
    } else {
      write(channel, ascii(head.forwarded()));
    }
    sent += buffer.remaining();
    write(channel, buffer);
    var back = Thread.ofVirtual().name("egress-back").start(() -> copyBack(head, channel));
    try {
      copy(sandbox, channel, n -> sent += n);
    } catch (IOException e) {
      closeBoth();
      throw e;
    } finally {
      back.join();
    }
  }

  /** Reads until the head's end is there; the buffer may hold more than it then. */
  private int readHead(ByteBuffer buffer) throws AnswerException, IOException {
    var length = -1;
    while (length < 0) {
      var looked = buffer.position();
      if (!buffer.hasRemaining()) {
        throw new AnswerException(
            Kind.TOO_LARGE, "head: longer than " + RequestHead.LONGEST + " bytes");
      }
      if (sandbox.read(buffer) < 0) {
        throw new IOException("the sandbox left before it had said where it wants to");
      }
      length = RequestHead.length(buffer, looked);
    }
    return length;
  }

  private SocketChannel connect(Target target)
      throws AnswerException, IOException, InterruptedException {
    var addresses =
        switch (target.host()) {
          case Host.Address(var address) -> List.of(address);
          case Host.Name(var name) -> node.lookup().of(name, guest);
        };
    var failures = new ArrayList<String>();
    var timedOut = false;
    for (var address : permitted(target, addresses)) {
      var channel = SocketChannel.open();
      // Known to be closed from here on, so that the session's end is not waited for.
      outside = Optional.of(channel);
      try {
        channel
            .socket()
            .connect(
                new InetSocketAddress(address, target.port()), (int) CONNECT_WITHIN.toMillis());
        return channel;
      } catch (IOException e) {
        channel.close();
        timedOut |= e instanceof SocketTimeoutException;
        failures.add(e instanceof ConnectException ? "connection refused" : e.getMessage());
      }
    }
    throw new AnswerException(
        timedOut ? Kind.TIMED_OUT : Kind.UNREACHABLE,
        target + " cannot be reached from the node: " + failures);
  }

  /** The addresses that may be dialled: exactly these are, the name is not looked up again. */
  private List<InetAddress> permitted(Target target, List<InetAddress> addresses)
      throws AnswerException {
    var permitted = new ArrayList<InetAddress>();
    var refusal = "it has no address";
    for (var address : addresses.subList(0, Math.min(addresses.size(), MOST_LOOKED_AT))) {
      if (permitted.size() == MOST_ADDRESSES) {
        break;
      }
      var why = guest.rules().refusal(target, address, node.own().test(address));
      if (why.isEmpty()) {
        permitted.add(address);
      } else {
        refusal = why.get();
      }
    }
    if (permitted.isEmpty()) {
      throw refused(target, refusal);
    }
    return permitted;
  }

  private AnswerException refused(Target target, String why) {
    guest.tell("Network: no connection to " + target + ": " + why);
    return new AnswerException(Kind.REFUSED, "no connection to " + target + ": " + why);
  }

  private void copyBack(RequestHead head, SocketChannel channel) {
    try {
      if (!head.connect()) {
        passAnswerHead(head.target(), channel);
      }
      copy(channel, sandbox, n -> received += n);
    } catch (IOException e) {
      LOG.debug("A connection of a sandbox broke off outside", e);
      closeBoth();
    } catch (AnswerException e) {
      unanswered = Optional.of(e.kind());
      deadline.set(FAREWELL_WITHIN);
      say(e);
      // What the sandbox still sends has no target any more, which ends the other direction.
      close(channel);
    }
  }

  private void passAnswerHead(Target target, SocketChannel channel)
      throws AnswerException, IOException {
    var buffer = ByteBuffer.allocate(RequestHead.LONGEST);
    var looked = 0;
    var interim = true;
    while (interim) {
      var length = AnswerHead.length(buffer, looked);
      if (length >= 0) {
        var bytes = new byte[length];
        buffer.flip().get(bytes);
        buffer.compact();
        looked = 0;
        var answer = AnswerHead.parse(target, bytes);
        write(sandbox, ascii(answer.forwarded()));
        received += length;
        interim = answer.interim();
      } else {
        looked = buffer.position();
        if (!buffer.hasRemaining() || !received(channel, buffer)) {
          throw new AnswerException(
              Kind.UNREACHABLE,
              "%s: no answer with a head of at most %d bytes came"
                  .formatted(target, RequestHead.LONGEST));
        }
        deadline.set(node.idle());
      }
    }
    received += buffer.flip().remaining();
    write(sandbox, buffer);
  }

  private static boolean received(SocketChannel channel, ByteBuffer buffer) {
    try {
      return channel.read(buffer) >= 0;
    } catch (IOException e) {
      LOG.debug("A target broke off before it had answered", e);
      return false;
    }
  }

  /** Counts bytes. */
  @FunctionalInterface
  private interface Count {
    void add(int bytes);
  }

  private void copy(SocketChannel from, SocketChannel to, Count count) throws IOException {
    var buffer = ByteBuffer.allocate(BUFFER);
    for (var n = from.read(buffer); n >= 0; n = from.read(buffer.clear())) {
      deadline.set(node.idle());
      write(to, buffer.flip());
      count.add(n);
      deadline.set(node.idle());
    }
    to.shutdownOutput();
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void write(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  /** Tells why, and reads on for a moment: a socket closed with input unread loses its output. */
  private void answer(AnswerException why) {
    deadline.set(FAREWELL_WITHIN);
    say(why);
    try {
      var rest = ByteBuffer.allocate(BUFFER);
      var total = 0;
      for (var n = sandbox.read(rest);
          n >= 0 && total < LARGEST_FAREWELL;
          n = sandbox.read(rest.clear())) {
        total += n;
      }
    } catch (IOException e) {
      LOG.debug("A sandbox left after its answer", e);
    }
  }

  private void say(AnswerException why) {
    var body = ("Ash: " + why.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
    var head =
        "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
                .formatted(why.kind().status(), body.length)
            + "Connection: close\r\n\r\n";
    try {
      write(sandbox, ascii(head));
      write(sandbox, ByteBuffer.wrap(body));
      sandbox.shutdownOutput();
    } catch (IOException e) {
      LOG.debug("A sandbox left before its answer", e);
    }
  }

  private void closeBoth() {
    close(sandbox);
    outside.ifPresent(Passage::close);
  }

  private static void close(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("A connection could not be closed", e);
    }
  }
}
