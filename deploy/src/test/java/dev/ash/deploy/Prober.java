package dev.ash.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A program for the inside of a network namespace. It does what lines on its standard input say,
 * and answers each by a line: {@code listen tcp|udp address port}, {@code probe tcp|udp from to
 * port}.
 */
final class Prober {
  private static final int LONGEST_MS = 5_000;
  private static final int GREETING = 'y';
  private static final List<AutoCloseable> OPEN = new ArrayList<>();

  private Prober() {}

  @SuppressWarnings("SystemOut") // its answers
  public static void main(String[] args) throws IOException {
    var in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    System.out.println("ready");
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(answer(line.split(" ", -1)));
    }
  }

  private static String answer(String[] words) {
    try {
      if (words[0].equals("listen")) {
        listen(words[1], address(words[2], words[3]));
        return "listens";
      }
      return probe(words[1], address(words[2], "0"), address(words[3], words[4]))
          ? "open"
          : "silent";
    } catch (IOException e) {
      return "closed";
    }
  }

  private static InetSocketAddress address(String host, String port) throws IOException {
    return new InetSocketAddress(InetAddress.getByName(host), Integer.parseInt(port));
  }

  private static void listen(String protocol, InetSocketAddress at) throws IOException {
    if (protocol.equals("tcp")) {
      var server = new ServerSocket(at.getPort(), 50, at.getAddress());
      OPEN.add(server);
      Thread.ofPlatform().daemon().start(() -> greet(server));
    } else {
      var socket = new DatagramSocket(at);
      OPEN.add(socket);
      Thread.ofPlatform().daemon().start(() -> echo(socket));
    }
  }

  private static void greet(ServerSocket server) {
    while (!server.isClosed()) {
      try (var socket = server.accept()) {
        socket.getOutputStream().write(GREETING);
      } catch (IOException _) {
        // That caller has gone; others may come.
      }
    }
  }

  private static void echo(DatagramSocket socket) {
    var packet = new DatagramPacket(new byte[1], 1);
    while (!socket.isClosed()) {
      try {
        socket.receive(packet);
        socket.send(packet);
      } catch (IOException _) {
        // As above.
      }
    }
  }

  private static boolean probe(String protocol, InetSocketAddress from, InetSocketAddress to)
      throws IOException {
    if (protocol.equals("tcp")) {
      try (var socket = new Socket()) {
        socket.bind(from);
        socket.setSoTimeout(LONGEST_MS);
        socket.connect(to, LONGEST_MS);
        return socket.getInputStream().read() == GREETING;
      }
    }
    try (var socket = new DatagramSocket(from)) {
      socket.setSoTimeout(LONGEST_MS);
      socket.connect(to);
      var packet = new DatagramPacket(new byte[] {GREETING}, 1);
      socket.send(packet);
      socket.receive(packet);
      return packet.getData()[0] == GREETING;
    }
  }
}
