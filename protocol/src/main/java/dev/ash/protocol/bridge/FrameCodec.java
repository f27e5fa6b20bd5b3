package dev.ash.protocol.bridge;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.ash.protocol.bridge.FrameException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Frames as lines of JSON. Strict in both directions: what it does not know it refuses. Uses the
 * streaming layer of Jackson alone, because a bridge must start in less than a tenth of a second.
 */
public final class FrameCodec {
  private static final int MAX_GRACE_MS = 600_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(5)
                  .maxNumberLength(20)
                  .maxNameLength(4096)
                  .maxStringLength(FrameLimits.FRAME)
                  .maxDocumentLength(FrameLimits.FRAME)
                  .build())
          .build();

  private FrameCodec() {}

  /** The frame's line, with its newline. */
  public static byte[] encode(NodeFrame frame) {
    return line(json -> write(json, frame));
  }

  /** The frame's line, with its newline. */
  public static byte[] encode(BridgeFrame frame) {
    return line(json -> write(json, frame));
  }

  /** What a node said; the line without its newline. */
  public static NodeFrame decodeNodeFrame(byte[] line) throws FrameException {
    var fields = parse(line);
    var frame = nodeFrame(fields);
    fields.end();
    return frame;
  }

  /** What a bridge said; the line without its newline. */
  public static BridgeFrame decodeBridgeFrame(byte[] line) throws FrameException {
    var fields = parse(line);
    var frame = bridgeFrame(fields);
    fields.end();
    return frame;
  }

  private static FrameFields parse(byte[] line) throws FrameException {
    if (line.length > FrameLimits.FRAME) {
      throw new FrameException(Reason.TOO_LONG, "frame: longer than " + FrameLimits.FRAME);
    }
    char[] text;
    int length;
    try {
      // Jackson's own decoder guesses encodings and lets overlong forms pass.
      var decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line));
      text = decoded.array();
      length = decoded.remaining();
    } catch (CharacterCodingException e) {
      throw new FrameException(Reason.NOT_UTF8, "frame: (expected: UTF-8)");
    }
    try (JsonParser parser = JSON.createParser(text, 0, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new FrameException(Reason.NOT_JSON, "frame: (expected: a JSON object)");
      }
      var fields = FrameFields.read(parser);
      if (parser.nextToken() != null) {
        throw new FrameException(Reason.NOT_JSON, "frame: (expected: nothing after the object)");
      }
      return fields;
    } catch (JsonProcessingException e) {
      throw new FrameException(Reason.NOT_JSON, "frame: (expected: JSON)");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NodeFrame nodeFrame(FrameFields f) throws FrameException {
    return switch (f.text("type")) {
      case "hello" ->
          new NodeFrame.Hello(
              f.text("token"),
              f.number("epoch", 0, Long.MAX_VALUE),
              f.number("leaseMs", 1, 86_400_000));
      case "renew" -> new NodeFrame.Renew();
      case "start-program" ->
          new NodeFrame.StartProgram(f.id(), f.texts("command"), f.textMap("env"));
      case "start-mock" -> new NodeFrame.StartMock(f.id(), f.text("sessionId"));
      case "line" -> new NodeFrame.Line(f.id(), f.text("data"), f.flag("last"));
      case "stop-agent" -> new NodeFrame.StopAgent(f.id(), f.number("graceMs", 0, MAX_GRACE_MS));
      case "exec" ->
          new NodeFrame.Exec(
              f.id(),
              f.text("command"),
              f.number("timeoutMs", 1, 86_400_000),
              f.textMap("env"),
              f.small("maxBytes", 0, 64 << 20));
      case "list" -> new NodeFrame.ListFiles(f.id(), f.flag("digests"), f.texts("skip"));
      case "read" ->
          new NodeFrame.Read(
              f.id(),
              f.text("path"),
              f.number("offset", 0, Long.MAX_VALUE),
              f.small("length", 0, FrameLimits.DATA));
      case "write" ->
          new NodeFrame.Write(
              f.id(),
              f.text("path"),
              f.number("offset", 0, Long.MAX_VALUE),
              f.data("data"),
              f.flag("last"));
      case "delete" -> new NodeFrame.Delete(f.id(), f.text("path"));
      case "bye" -> new NodeFrame.Bye();
      default -> throw new FrameException(Reason.UNKNOWN_TYPE, "type: (expected: a known type)");
    };
  }

  private static BridgeFrame bridgeFrame(FrameFields f) throws FrameException {
    return switch (f.text("type")) {
      case "ready" -> new BridgeFrame.Ready(f.number("pid", 1, Integer.MAX_VALUE));
      case "agent-line" ->
          new BridgeFrame.AgentLine(f.text("data"), f.word("end", BridgeFrame.End.class));
      case "agent-log" -> new BridgeFrame.AgentLog(f.text("text"));
      case "agent-exited" -> new BridgeFrame.AgentExited(f.small("code", 0, 255));
      case "output" ->
          new BridgeFrame.Output(
              f.id(), f.word("stream", BridgeFrame.Stream.class), f.data("data"));
      case "exec-result" ->
          new BridgeFrame.ExecResult(f.id(), f.small("code", 0, 255), f.flag("timedOut"));
      case "entries" ->
          new BridgeFrame.Entries(f.id(), entries(f), f.flag("last"), f.flag("truncated"));
      case "data" ->
          new BridgeFrame.Data(
              f.id(), f.data("data"), f.number("size", 0, Long.MAX_VALUE), f.flag("last"));
      case "done" -> new BridgeFrame.Done(f.id());
      case "failed" ->
          new BridgeFrame.Failed(
              f.number("id", 0, Long.MAX_VALUE),
              f.word("kind", BridgeFrame.Failure.class),
              f.text("message"));
      default -> throw new FrameException(Reason.UNKNOWN_TYPE, "type: (expected: a known type)");
    };
  }

  private static List<BridgeFrame.Entry> entries(FrameFields f) throws FrameException {
    var entries = new ArrayList<BridgeFrame.Entry>();
    for (var e : f.objects("entries")) {
      entries.add(
          new BridgeFrame.Entry(
              e.text("path"),
              e.word("kind", BridgeFrame.Kind.class),
              e.number("size", 0, Long.MAX_VALUE),
              e.small("mode", 0, 07777),
              e.number("modifiedNs", Long.MIN_VALUE, Long.MAX_VALUE),
              e.optionalText("digest"),
              e.optionalText("target")));
      e.end();
    }
    return entries;
  }

  private static void write(JsonGenerator json, NodeFrame frame) throws IOException {
    switch (frame) {
      case NodeFrame.Hello f -> {
        json.writeStringField("type", "hello");
        text(json, "token", f.token());
        json.writeNumberField("epoch", f.epoch());
        json.writeNumberField("leaseMs", f.leaseMs());
      }
      case NodeFrame.Renew() -> json.writeStringField("type", "renew");
      case NodeFrame.StartProgram f -> {
        head(json, "start-program", f.id());
        texts(json, "command", f.command());
        textMap(json, "env", f.env());
      }
      case NodeFrame.StartMock f -> {
        head(json, "start-mock", f.id());
        text(json, "sessionId", f.sessionId());
      }
      case NodeFrame.Line f -> {
        head(json, "line", f.id());
        text(json, "data", f.data());
        json.writeBooleanField("last", f.last());
      }
      case NodeFrame.StopAgent f -> {
        head(json, "stop-agent", f.id());
        json.writeNumberField("graceMs", f.graceMs());
      }
      case NodeFrame.Exec f -> {
        head(json, "exec", f.id());
        text(json, "command", f.command());
        json.writeNumberField("timeoutMs", f.timeoutMs());
        textMap(json, "env", f.env());
        json.writeNumberField("maxBytes", f.maxBytes());
      }
      case NodeFrame.ListFiles f -> {
        head(json, "list", f.id());
        json.writeBooleanField("digests", f.digests());
        texts(json, "skip", f.skip());
      }
      case NodeFrame.Read f -> {
        head(json, "read", f.id());
        text(json, "path", f.path());
        json.writeNumberField("offset", f.offset());
        json.writeNumberField("length", f.length());
      }
      case NodeFrame.Write f -> {
        head(json, "write", f.id());
        text(json, "path", f.path());
        json.writeNumberField("offset", f.offset());
        data(json, f.data());
        json.writeBooleanField("last", f.last());
      }
      case NodeFrame.Delete f -> {
        head(json, "delete", f.id());
        text(json, "path", f.path());
      }
      case NodeFrame.Bye() -> json.writeStringField("type", "bye");
    }
  }

  private static void write(JsonGenerator json, BridgeFrame frame) throws IOException {
    switch (frame) {
      case BridgeFrame.Ready f -> {
        json.writeStringField("type", "ready");
        json.writeNumberField("pid", f.pid());
      }
      case BridgeFrame.AgentLine f -> {
        json.writeStringField("type", "agent-line");
        text(json, "data", f.data());
        json.writeStringField("end", FrameFields.wire(f.end()));
      }
      case BridgeFrame.AgentLog f -> {
        json.writeStringField("type", "agent-log");
        text(json, "text", f.text());
      }
      case BridgeFrame.AgentExited f -> {
        json.writeStringField("type", "agent-exited");
        json.writeNumberField("code", f.code());
      }
      case BridgeFrame.Output f -> {
        head(json, "output", f.id());
        json.writeStringField("stream", FrameFields.wire(f.stream()));
        data(json, f.data());
      }
      case BridgeFrame.ExecResult f -> {
        head(json, "exec-result", f.id());
        json.writeNumberField("code", f.code());
        json.writeBooleanField("timedOut", f.timedOut());
      }
      case BridgeFrame.Entries f -> {
        head(json, "entries", f.id());
        json.writeArrayFieldStart("entries");
        for (var entry : f.entries()) {
          entry(json, entry);
        }
        json.writeEndArray();
        json.writeBooleanField("last", f.last());
        json.writeBooleanField("truncated", f.truncated());
      }
      case BridgeFrame.Data f -> {
        head(json, "data", f.id());
        data(json, f.data());
        json.writeNumberField("size", f.size());
        json.writeBooleanField("last", f.last());
      }
      case BridgeFrame.Done f -> head(json, "done", f.id());
      case BridgeFrame.Failed f -> {
        head(json, "failed", f.id());
        json.writeStringField("kind", FrameFields.wire(f.kind()));
        text(json, "message", f.message());
      }
    }
  }

  private static void entry(JsonGenerator json, BridgeFrame.Entry entry) throws IOException {
    json.writeStartObject();
    text(json, "path", entry.path());
    json.writeStringField("kind", FrameFields.wire(entry.kind()));
    json.writeNumberField("size", entry.size());
    json.writeNumberField("mode", entry.mode());
    json.writeNumberField("modifiedNs", entry.modifiedNs());
    if (entry.digest().isPresent()) {
      text(json, "digest", entry.digest().get());
    }
    if (entry.target().isPresent()) {
      text(json, "target", entry.target().get());
    }
    json.writeEndObject();
  }

  private static void head(JsonGenerator json, String type, long id) throws IOException {
    json.writeStringField("type", type);
    json.writeNumberField("id", id);
  }

  /** By way of bytes: half a surrogate pair becomes a question mark instead of an exception. */
  private static void text(JsonGenerator json, String name, String value) throws IOException {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    json.writeFieldName(name);
    json.writeUTF8String(bytes, 0, bytes.length);
  }

  private static void texts(JsonGenerator json, String name, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (var value : values) {
      var bytes = value.getBytes(StandardCharsets.UTF_8);
      json.writeUTF8String(bytes, 0, bytes.length);
    }
    json.writeEndArray();
  }

  /** In the order of keys, so that a frame always has the same bytes. */
  private static void textMap(JsonGenerator json, String name, Map<String, String> values)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (var value : new TreeMap<>(values).entrySet()) {
      text(json, value.getKey(), value.getValue());
    }
    json.writeEndObject();
  }

  private static void data(JsonGenerator json, ByteBuffer data) throws IOException {
    var bytes = new byte[data.remaining()];
    data.duplicate().get(bytes);
    json.writeFieldName("data");
    json.writeBinary(bytes);
  }

  private static byte[] line(Body body) {
    var out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.write('\n');
    return out.toByteArray();
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }
}
