package dev.ash.mcp;

import dev.ash.client.AshClient;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ash mcp}: runs until its caller leaves, or with {@code --http} until it is stopped. */
@Command(
    name = "ash mcp",
    mixinStandardHelpOptions = true,
    version = AshTools.VERSION,
    description = "An MCP server whose tools are the agents of the connected Ash server.",
    footer = {
      "",
      "Without --http it speaks over standard input and output.",
      "ASH_SERVER_URL and ASH_API_KEY choose the Ash server; ASH_MCP_KEY is what callers over HTTP",
      "have to show as a bearer token. It is required when --host is not this machine only.",
      "ASH_API_KEY_FILE and ASH_MCP_KEY_FILE name files with the keys instead."
    })
final class McpCommand implements Callable<Integer> {
  private final Settings settings;
  private final InputStream in;
  private final OutputStream out;
  private final PrintStream err;

  @Option(names = "--http", paramLabel = "<port>", description = "Serve /mcp; 0: a free port.")
  private @Nullable Integer port;

  @Option(
      names = "--host",
      paramLabel = "<address>",
      defaultValue = "127.0.0.1",
      description = "Where to listen (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--allow-host",
      paramLabel = "<name>",
      description = "A name under which callers reach it, beside those of this machine.")
  private List<String> allowed = List.of();

  McpCommand(Settings settings, InputStream in, OutputStream out, PrintStream err) {
    this.settings = settings;
    this.in = in;
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws Exception {
    var builder = AshClient.builder(settings.serverUrl());
    settings.apiKey().ifPresent(builder::key);
    try (var ash = builder.build()) {
      if (port == null) {
        serveStandardStreams(new AshTools(ash));
      } else {
        serveHttp(new AshTools(ash), port);
      }
    }
    return 0;
  }

  private void serveStandardStreams(AshTools tools) throws InterruptedException {
    var left = new CountDownLatch(1);
    var server = tools.over(new WatchedInput(in, left), out);
    left.await();
    server.closeGracefully();
  }

  private void serveHttp(AshTools tools, int atPort) throws Exception {
    var door = new Door(host, allowed, settings.mcpKey());
    var endpoint = HttpEndpoint.start(tools, host, atPort, door);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(endpoint)));
    err.println("mcp on " + endpoint.url());
    // Only a signal ends it, and then this process with it.
    new CountDownLatch(1).await();
  }

  /** Ends the process as one that was asked to end: else it would count as killed by the signal. */
  private void stop(HttpEndpoint endpoint) {
    int code;
    try {
      endpoint.close();
      code = 0;
    } catch (IOException e) {
      err.println("Failed: " + e.getMessage());
      code = 1;
    }
    err.flush();
    Runtime.getRuntime().halt(code);
  }

  /** Says when the other side has closed it: the server itself does not tell. */
  private static final class WatchedInput extends FilterInputStream {
    private final CountDownLatch left;

    WatchedInput(InputStream in, CountDownLatch left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      return watched(super.read());
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return watched(super.read(target, offset, length));
    }

    private int watched(int read) {
      if (read < 0) {
        left.countDown();
      }
      return read;
    }
  }
}
