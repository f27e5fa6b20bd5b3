package dev.ash.client;

import dev.ash.client.http.Content;
import dev.ash.client.model.Deployment;
import dev.ash.client.model.FileUpload;
import dev.ash.client.model.Message;
import dev.ash.client.model.NewSession;
import dev.ash.client.stream.AgentEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Deploys an agent, talks to it, and takes a file it wrote. */
final class Talk {
  private Talk() {}

  static void run(AshClient ash, Path claudeMd, Path target, PrintStream out) throws IOException {
    var file = new FileUpload("CLAUDE.md", Content.of(claudeMd));
    ash.agents().deploy(Deployment.ofFiles("writer", List.of(file)));
    var session = ash.sessions().create(NewSession.of("writer"));
    var message = Message.of("Write a greeting to hello.txt.").includePartialMessages(true);
    try (var turn = ash.sessions().send(session.id(), message)) {
      for (var event : turn) {
        if (event instanceof AgentEvent.TextDelta(_, var text)) {
          out.print(text);
        } else if (event instanceof AgentEvent.ToolUse tool) {
          out.println("[" + tool.name() + "]");
        } else if (event instanceof AgentEvent.ErrorEvent(_, var why)) {
          out.println("failed: " + why);
        }
      }
    }
    try (var written = ash.files().download(session.id(), "hello.txt")) {
      Files.copy(written.body(), target);
    } catch (AshException.Refused refused) {
      out.println(refused.status() + ": " + refused.error());
    }
    ash.sessions().end(session.id());
  }
}
