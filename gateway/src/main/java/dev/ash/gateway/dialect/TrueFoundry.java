package dev.ash.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Parts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;

/** The TrueFoundry form of the specification: providers, models, rate limits. */
final class TrueFoundry {
  private final Draft draft;

  TrueFoundry(Draft draft) {
    this.draft = draft;
  }

  void read(JsonNode tree) throws ConfigException {
    var root = Fields.of(tree, "");
    root.describes("name", "type", "version");
    draft.keyed();
    var found = 0;
    for (var provider : root.each("providers")) {
      provider(provider, found++);
    }
    var limits = 0;
    for (var limit : root.each("rate_limits")) {
      limit.describes("name");
      if (limits++ > 0) {
        draft.note(Kind.NOT_OFFERED, limit.path(), "only the first limit is used, for every key");
        limit.describes("requests_per_minute", "tokens_per_minute");
      } else {
        limit
            .number("requests_per_minute", 1, Parts.MAX_REQUESTS)
            .ifPresent(n -> draft.quota(n, Duration.ofMinutes(1)));
        limit.number("tokens_per_minute", 1, Integer.MAX_VALUE).ifPresent(draft::tokensPerMinute);
      }
      limit.notOffered(draft.findings, "burst_allowance", "the window is exact");
      limit.rest(draft.findings);
    }
    root.rest(draft.findings);
  }

  private void provider(Fields at, int number) throws ConfigException {
    at.describes("name");
    if (number > 0) {
      draft.note(Kind.NOT_OFFERED, at.path(), "only the first provider is used");
      at.describes(at.names().toArray(String[]::new));
      return;
    }
    var type = at.text("type").orElse("anthropic");
    if (!type.equals("anthropic")) {
      throw new ConfigException(at.path("type"), type, "anthropic");
    }
    draft.upstream(at.path("base_url"), at.text("base_url").orElse("https://api.anthropic.com"));
    draft.set(at.path("api_key"), "x-api-key", at.need("api_key", "the provider's key"));
    var models = new ArrayList<String>();
    for (var model : at.raw("models")) {
      if (model.isTextual()) {
        models.add(model.textValue());
      } else {
        var fields = Fields.of(model, at.path("models"));
        models.add(fields.need("name", "a model"));
        fields.rest(draft.findings);
      }
    }
    draft.models(models);
    at.number("timeout", 1, 86_400)
        .ifPresent(
            seconds -> draft.timeouts(Optional.empty(), Optional.of(Duration.ofSeconds(seconds))));
    at.rest(draft.findings);
  }
}
