package dev.ash.node.agents;

import dev.ash.node.agents.Agents.Outcome;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Named versions of an agent's instructions (contract/ash-api.md section 2.5, rows V1 to V6). The
 * active one gives new sessions their CLAUDE.md; sessions that are there keep what they have.
 */
public interface AgentVersions {

  /** V1, newest first. */
  CompletionStage<Outcome<List<Version>>> list(TenantId tenant, AgentName agent);

  /**
   * V2.
   *
   * @param cloneFrom number or id of the version that gives what {@code text} leaves out
   */
  CompletionStage<Outcome<Version>> create(
      TenantId tenant, AgentName agent, Text text, Optional<String> cloneFrom);

  /** V3; {@code which} is a number or an id. */
  CompletionStage<Outcome<Version>> find(TenantId tenant, AgentName agent, String which);

  /** V4: what is empty stays; a text that is there and empty takes it away. */
  CompletionStage<Outcome<Version>> patch(
      TenantId tenant, AgentName agent, String which, Text text, IfMatch guard);

  /** V5; the active one too. */
  CompletionStage<Outcome<Version>> delete(
      TenantId tenant, AgentName agent, String which, IfMatch guard);

  /** V6; the guard is about the version that is to be active. */
  CompletionStage<Outcome<Version>> activate(
      TenantId tenant, AgentName agent, String which, IfMatch guard);

  /** The prompt that a new session gets when it brings none. */
  CompletionStage<Optional<String>> activePrompt(TenantId tenant, AgentName agent);

  /** What a client writes of a version. */
  record Text(
      Optional<String> name,
      Optional<String> systemPrompt,
      Optional<String> releaseNotes,
      Optional<List<String>> knowledgeFiles) {
    public Text {
      knowledgeFiles = knowledgeFiles.map(List::copyOf);
    }
  }

  /**
   * A version of an agent (contract 1.11).
   *
   * @param tag is another one after every change, also when it begins or ceases to be active
   */
  record Version(
      String id,
      TenantId tenant,
      AgentName agent,
      int number,
      String name,
      Optional<String> systemPrompt,
      Optional<String> releaseNotes,
      boolean active,
      Optional<List<String>> knowledgeFiles,
      Instant createdAt,
      Instant updatedAt,
      EntityTag tag) {
    public Version {
      knowledgeFiles = knowledgeFiles.map(List::copyOf);
    }
  }
}
