package dev.ash.node.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.node.session.Sessions.Reconfiguration;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionSettings;
import java.util.List;
import java.util.Optional;

/**
 * Names a state of what a client may change of a session's settings. It is made from that alone: a
 * digest of MCP servers would let a reader try out the secrets in them.
 */
final class ConfigTag {
  private ConfigTag() {}

  static EntityTag of(SessionSettings settings) {
    var fields = Json.mapper().createArrayNode().add(settings.model().orElse(null));
    for (var list :
        List.of(settings.allowedTools(), settings.disallowedTools(), settings.betas())) {
      var array = fields.addArray();
      list.forEach(array::add);
    }
    fields.add(settings.subagentsJson().orElse(null)).add(settings.initialAgent().orElse(null));
    return EntityTag.strong(Digest.of(fields.toString().getBytes(UTF_8)).hex());
  }

  /** What a session's owner is told of a guard: the tags it allows; empty allows every state. */
  static Optional<List<String>> expected(IfMatch guard) {
    return switch (guard) {
      case IfMatch.Any(), IfMatch.Present() -> Optional.empty();
      case IfMatch.Absent() -> Optional.of(List.of());
      case IfMatch.OneOf(var tags) ->
          Optional.of(tags.stream().filter(tag -> !tag.weak()).map(EntityTag::opaque).toList());
    };
  }

  /** What a session's owner answered to a change under a guard. */
  static Reconfiguration outcome(SessionId id, IfMatch guard, SessionReply reply) {
    if (reply instanceof SessionReply.Stale(var opaque)) {
      var current = EntityTag.strong(opaque);
      return new Reconfiguration.Stale(
          guard.mismatch(Optional.of(current)).orElseGet(() -> new Mismatch.Changed(current)));
    }
    return reply instanceof SessionReply.Shown(var view)
        ? new Reconfiguration.Done(StoredDirectory.session(id, view))
        : new Reconfiguration.Refused(SessionResult.why(reply));
  }
}
