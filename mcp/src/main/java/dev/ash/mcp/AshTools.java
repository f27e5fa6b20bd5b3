package dev.ash.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.AshClient;
import dev.ash.client.AshException;
import dev.ash.client.http.Call;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.protocol.json.Json;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.JsonSchema;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The tools, and how they are answered: with the server's JSON, with an agent's words, or with the
 * server's reason as a tool's error.
 */
final class AshTools {
  static final String VERSION = "0.2.0";

  private static final Argument SESSION = new Argument("sessionId", "The session's id", true);

  private final AshClient ash;

  AshTools(AshClient ash) {
    this.ash = ash;
  }

  /** Serves one caller until its input ends. */
  McpSyncServer over(InputStream in, OutputStream out) {
    return McpServer.sync(
            new OneByOne(new StdioServerTransportProvider(McpJsonDefaults.getMapper(), in, out)))
        .serverInfo("ash", VERSION)
        .capabilities(ServerCapabilities.builder().tools(false).build())
        .tools(tools())
        .build();
  }

  /** Serves any number of callers. */
  McpSyncServer over(McpStreamableServerTransportProvider transport) {
    return McpServer.sync(transport)
        .serverInfo("ash", VERSION)
        .capabilities(ServerCapabilities.builder().tools(false).build())
        .tools(tools())
        .build();
  }

  private record Argument(String name, String description, boolean required) {}

  /** What a tool does with its arguments. */
  @FunctionalInterface
  private interface Work {
    CallToolResult of(McpSyncServerExchange exchange, CallToolRequest request);
  }

  private List<SyncToolSpecification> tools() {
    return List.of(
        reading(
            "list_agents",
            "List all deployed agents",
            List.of(),
            _ -> json(Call.get("/api/agents"), "agents")),
        changing(
            "create_session",
            "Create a session of an agent; talk to it with send_message",
            List.of(new Argument("agent", "The agent's name", true)),
            request -> json(create(argument(request, "agent")), "session")),
        tool(
            "send_message",
            "Send a message to a session and wait for the agent's answer",
            new ToolAnnotations("send_message", false, true, false, true, null),
            List.of(SESSION, new Argument("content", "The message", true)),
            this::send),
        reading(
            "list_sessions",
            "List sessions, of one agent or all",
            List.of(new Argument("agent", "Only sessions of the agent with this name", false)),
            request -> json(list(optional(request, "agent")), "sessions")),
        reading(
            "get_session",
            "Get a session by its id",
            List.of(SESSION),
            request -> json(Call.get(path(request)), "session")),
        changing(
            "end_session",
            "End a session for good",
            List.of(SESSION),
            request -> json(Call.delete(path(request)), "session")),
        changing(
            "pause_session",
            "Pause a session; its files and conversation stay",
            List.of(SESSION),
            request -> json(Call.post(path(request) + "/pause"), "session")),
        changing(
            "resume_session",
            "Resume a paused or stopped session",
            List.of(SESSION),
            request -> json(Call.post(path(request) + "/resume"), "session")),
        reading(
            "health",
            "How the Ash server is",
            List.of(),
            _ -> pretty(ash.connection().json(Call.get("/health")))));
  }

  private static Call create(String agent) {
    return Call.post("/api/sessions", Json.object().put("agent", agent))
        .once(UUID.randomUUID().toString());
  }

  private static Call list(Optional<String> agent) {
    return Call.get(new Query("/api/sessions").andIf("agent", agent).toString());
  }

  private CallToolResult send(McpSyncServerExchange exchange, CallToolRequest request) {
    var answer = new Answer(Progress.of(exchange, request));
    var session = argument(request, "sessionId");
    var content = argument(request, "content");
    var sending = new Sending(() -> ash.sessions().send(session, content));
    try (var turn = sending.stream()) {
      answer.read(turn);
    } catch (AshException.Interrupted interrupted) {
      if (OpenCall.of(exchange).isCancelled()) {
        // Nobody waits for the turn any more. Only that ends it: leaving its stream does not. It is
        // named, as it may wait still while the session works for somebody else.
        Thread.interrupted();
        sending.turn().ifPresent(number -> ash.sessions().interrupt(session, number));
      } else {
        sending.leave();
      }
      throw interrupted;
    }
    return result(answer.text(), answer.failed());
  }

  private CallToolResult json(Call call, String field) {
    return pretty(ash.connection().json(call).path(field));
  }

  private static CallToolResult pretty(JsonNode value) {
    try {
      return result(
          Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(value), false);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that is no JSON", e);
    }
  }

  private static CallToolResult result(String text, boolean isError) {
    return CallToolResult.builder().addTextContent(text).isError(isError).build();
  }

  private static String path(CallToolRequest request) {
    return "/api/sessions/" + Paths.segment(argument(request, "sessionId"));
  }

  private static String argument(CallToolRequest request, String name) {
    return optional(request, name)
        .orElseThrow(() -> new IllegalArgumentException(name + ": nothing (expected: a text)"));
  }

  private static Optional<String> optional(CallToolRequest request, String name) {
    return Optional.ofNullable(request.arguments())
        .map(arguments -> arguments.get(name))
        .map(Object::toString)
        .filter(text -> !text.isEmpty());
  }

  /** A tool that changes nothing. */
  private static SyncToolSpecification reading(
      String name,
      String description,
      List<Argument> arguments,
      Function<CallToolRequest, CallToolResult> work) {
    return tool(
        name,
        description,
        new ToolAnnotations(name, true, false, true, false, null),
        arguments,
        (_, request) -> work.apply(request));
  }

  private static SyncToolSpecification changing(
      String name,
      String description,
      List<Argument> arguments,
      Function<CallToolRequest, CallToolResult> work) {
    return tool(
        name,
        description,
        new ToolAnnotations(name, false, name.equals("end_session"), false, false, null),
        arguments,
        (_, request) -> work.apply(request));
  }

  private static SyncToolSpecification tool(
      String name,
      String description,
      ToolAnnotations annotations,
      List<Argument> arguments,
      Work work) {
    return SyncToolSpecification.builder()
        .tool(
            Tool.builder()
                .name(name)
                .description(description)
                .inputSchema(schema(arguments))
                .annotations(annotations)
                .build())
        .callHandler((exchange, request) -> told(work, exchange, request))
        .build();
  }

  private static CallToolResult told(
      Work work, McpSyncServerExchange exchange, CallToolRequest request) {
    try {
      return work.of(exchange, request);
    } catch (AshException.Refused refused) {
      return result(refused.error(), true);
    } catch (AshException failure) {
      return result(failure.text(), true);
    } catch (IllegalArgumentException e) {
      return result(String.valueOf(e.getMessage()), true);
    }
  }

  private static JsonSchema schema(List<Argument> arguments) {
    var properties = new LinkedHashMap<String, Object>();
    arguments.forEach(
        argument ->
            properties.put(
                argument.name(), Map.of("type", "string", "description", argument.description())));
    var required = arguments.stream().filter(Argument::required).map(Argument::name).toList();
    return new JsonSchema("object", properties, required, false, null, null);
  }
}
