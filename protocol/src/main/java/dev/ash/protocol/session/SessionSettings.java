package dev.ash.protocol.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * How a session's agent is to be run: what {@code POST /sessions} sets and {@code PATCH
 * /sessions/:id/config} changes. Environment values are not here: they may be secrets, and events
 * hold none.
 *
 * @param systemPrompt replaces the workspace's CLAUDE.md
 * @param permissionMode {@code bypassPermissions}, {@code permissionsByAgent} or {@code default}
 * @param subagentsJson the {@code subagents} object as it was sent
 * @param mcpServersJson the {@code mcpServers} object as it was sent
 * @param credentialId names a stored credential of the tenant; the secret itself is not here
 */
public record SessionSettings(
    Optional<String> model,
    Optional<String> systemPrompt,
    Optional<String> permissionMode,
    List<String> allowedTools,
    List<String> disallowedTools,
    List<String> betas,
    Optional<String> subagentsJson,
    Optional<String> initialAgent,
    Optional<String> mcpServersJson,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> credentialId) {

  public static final SessionSettings NONE =
      new SessionSettings(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** These settings, with a prompt where they have none. */
  public SessionSettings orPrompt(Optional<String> prompt) {
    return new SessionSettings(
        model,
        systemPrompt.or(() -> prompt),
        permissionMode,
        allowedTools,
        disallowedTools,
        betas,
        subagentsJson,
        initialAgent,
        mcpServersJson,
        credentialId);
  }

  public SessionSettings {
    allowedTools = List.copyOf(allowedTools);
    disallowedTools = List.copyOf(disallowedTools);
    betas = List.copyOf(betas);
  }
}
