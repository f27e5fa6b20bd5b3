package dev.ash.gateway.check;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.check.GatewayClient.Reply;
import dev.ash.gateway.check.TokenLook.Level;
import dev.ash.gateway.config.Parts;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks the issuer of a JWT whether it knows the key that the token says it is signed with. */
final class IssuerLook {
  private final Steps steps;

  IssuerLook(Steps steps) {
    this.steps = steps;
  }

  void at(String token) throws InterruptedException {
    var issuer = TokenLook.claims(token).map(claims -> claims.path("iss").asText(""));
    if (issuer.isEmpty()) {
      return;
    }
    var address = address(issuer.get());
    if (address.isEmpty()) {
      steps.tell(Level.INFO, "Issuer is no web address; its keys cannot be looked up");
      return;
    }
    var document = discovery(address.get());
    if (document.isEmpty()) {
      return;
    }
    var named = document.get().path("issuer").asText("");
    if (!named.equals(issuer.get())) {
      steps.tell(
          Level.PROBLEM,
          "Discovery: the document is of the issuer '%s', the token of '%s'"
              .formatted(named, issuer.get()));
    }
    keys(document.get(), TokenLook.header(token).path("kid").asText(""));
  }

  private Optional<JsonNode> discovery(URI issuer) throws InterruptedException {
    var failures = new ArrayList<String>();
    for (var url : documents(issuer)) {
      switch (steps.fetch(url)) {
        case Reply.Answered a when a.status() == 200 && Bodies.object(a.body()).isPresent() -> {
          steps.tell(Level.GOOD, "Discovery: " + url);
          return Bodies.object(a.body());
        }
        case Reply.Answered a -> failures.add(url + " (status " + a.status() + ")");
        case Reply.Broken broken -> failures.add(url + " (" + broken.why() + ")");
      }
    }
    // The gateway may reach an issuer that this machine does not.
    steps.tell(Level.WARNING, "Discovery: no document at " + String.join(" or ", failures));
    return Optional.empty();
  }

  /** Where OpenID Connect keeps the document, and where OAuth 2.0 does. */
  private static List<URI> documents(URI issuer) {
    var path = issuer.getRawPath().replaceFirst("/+$", "");
    return List.of(
        issuer.resolve(path + "/.well-known/openid-configuration"),
        issuer.resolve("/.well-known/oauth-authorization-server" + path));
  }

  private void keys(JsonNode document, String kid) throws InterruptedException {
    var url = address(document.path("jwks_uri").asText(""));
    if (url.isEmpty()) {
      steps.tell(Level.WARNING, "Discovery: the document names no jwks_uri");
      return;
    }
    var set =
        steps.fetch(url.get()) instanceof Reply.Answered a && a.status() == 200
            ? Bodies.object(a.body())
            : Optional.<JsonNode>empty();
    if (set.isEmpty()) {
      steps.tell(Level.WARNING, "JWKS: no keys at " + url.get());
      return;
    }
    if (kid.isEmpty()) {
      steps.tell(Level.INFO, "Token names no key (kid)");
      return;
    }
    var known = new ArrayList<String>();
    set.get().path("keys").forEach(key -> known.add(key.path("kid").asText("")));
    if (known.contains(kid)) {
      steps.tell(Level.GOOD, "JWKS: has the token's key " + kid);
    } else {
      steps.tell(
          Level.PROBLEM,
          "JWKS: has no key %s (it has: %s); the key was replaced, or the token is of another issuer"
              .formatted(kid, String.join(", ", known)));
    }
  }

  private static Optional<URI> address(String text) {
    try {
      var url = URI.create(text);
      var scheme = url.getScheme();
      // A token is anybody's text: it does not make this machine ask the network around it.
      return url.getHost() != null
              && ("https".equals(scheme)
                  || ("http".equals(scheme) && Parts.isThisMachine(url.getHost())))
          ? Optional.of(url)
          : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
