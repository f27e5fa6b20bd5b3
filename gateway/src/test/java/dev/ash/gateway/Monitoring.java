package dev.ash.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What is in {@code deploy/monitoring}. */
final class Monitoring {
  static final Path FOLDER = Checkout.REPOSITORY.resolve("deploy/monitoring");

  private Monitoring() {}

  /** A query of a dashboard, as it stands in the file. */
  record Query(String panel, String expression) {}

  static List<Query> queries(String dashboard) throws IOException {
    var queries = new ArrayList<Query>();
    var json =
        Json.parse(Files.readString(FOLDER.resolve("grafana").resolve(dashboard))).orElseThrow();
    for (var panel : json.path("panels")) {
      for (var target : panel.path("targets")) {
        queries.add(new Query(panel.path("title").asText(), target.path("expr").asText()));
      }
    }
    return queries;
  }

  static JsonNode yaml(String file) throws Exception {
    return dev.ash.gateway.config.Trees.yaml(file, Files.readString(FOLDER.resolve(file)));
  }

  /** What a program of Prometheus said. */
  record Ran(int code, String output) {}

  /** Runs a program in the folder. */
  static Ran run(String program, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    // Into a file: a pipe would have to be read, and reading has no end if the program has none.
    var output = Files.createTempFile(program, ".log");
    try {
      var process =
          new ProcessBuilder(command)
              .directory(FOLDER.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        var ended = process.waitFor(50, TimeUnit.SECONDS);
        var said = Files.readString(output);
        return ended
            ? new Ran(process.exitValue(), said)
            : new Ran(-1, said + "\n" + program + " did not end within 50 s");
      } finally {
        process.destroyForcibly();
      }
    } finally {
      Files.delete(output);
    }
  }
}
