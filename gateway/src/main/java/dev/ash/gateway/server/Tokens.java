package dev.ash.gateway.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.ash.gateway.config.ConsumerNames;
import dev.ash.gateway.config.GatewayConfig.OAuth;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies the tokens of one issuer. Safe for any thread; may wait for the issuer's keys. */
final class Tokens {
  private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

  /** With a public key only: a key that both sides know could be the public one, as text. */
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private static final Duration KEYS_WAIT = Duration.ofSeconds(15);

  /** Tokens with made-up key ids make the keys be read at most twice in this time. */
  private static final Duration KEYS_READ = Duration.ofSeconds(30);

  /** The last keys do for so long while the issuer cannot be reached. */
  private static final Duration OUTAGE = Duration.ofHours(1);

  private static final int SKEW_SECONDS = 30;
  private static final int MAX_NAME = 200;

  /** What a token is worth. */
  sealed interface Verdict {
    record Good(String consumer, Set<String> scopes) implements Verdict {
      public Good {
        scopes = Set.copyOf(scopes);
      }
    }

    /**
     * Refused.
     *
     * @param genuine the issuer did sign it, so it is no guess of somebody's
     */
    record Bad(String message, boolean genuine) implements Verdict {}

    /** The issuer's keys cannot be read, so nobody knows. */
    record Unknowable() implements Verdict {}
  }

  private final OAuth oauth;
  private final IssuerKeys issuer;
  private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();
  private final DefaultJWTClaimsVerifier<SecurityContext> claims;

  Tokens(OAuth oauth, InstantSource clock) throws IOException, GeneralSecurityException {
    this.oauth = oauth;
    this.issuer = new IssuerKeys(oauth);
    JWKSource<SecurityContext> keys =
        JWKSourceBuilder.create(issuer)
            .cache(oauth.keysKept().toMillis(), KEYS_WAIT.toMillis())
            .refreshAheadCache(false)
            .rateLimited(Math.min(KEYS_READ.toMillis(), oauth.keysKept().toMillis() / 2))
            .outageTolerant(OUTAGE.toMillis())
            .build();
    signatures.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            new HashSet<>(
                java.util.Arrays.asList(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null))));
    signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    // Claims are looked at afterwards: who made the token is known by then.
    signatures.setJWTClaimsSetVerifier((_, _) -> {});
    claims =
        new DefaultJWTClaimsVerifier<>(
            Set.copyOf(oauth.audiences()),
            new JWTClaimsSet.Builder().issuer(oauth.issuer()).build(),
            Set.of("exp", oauth.consumerClaim()),
            Set.of()) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew(SKEW_SECONDS);
  }

  OAuth oauth() {
    return oauth;
  }

  /** What the files say now. The issuer's keys are kept: it may be away. */
  Prepared renewal() throws IOException, GeneralSecurityException {
    return issuer.renewal();
  }

  /** Whether it has the form of a token, so that keys are not taken for tokens. */
  static boolean isOne(String credential) {
    return credential.startsWith("eyJ") && credential.chars().filter(c -> c == '.').count() == 2;
  }

  Verdict look(String token) {
    try {
      var signed = SignedJWT.parse(token);
      if (!ALGORITHMS.contains(signed.getHeader().getAlgorithm())) {
        return new Verdict.Bad("Token is not signed with a public key's algorithm", false);
      }
      return judged(signatures.process(signed, null));
    } catch (ParseException _) {
      return new Verdict.Bad("Token is no signed JWT", false);
    } catch (BadJOSEException _) {
      return new Verdict.Bad("Token is not signed by the issuer", false);
    } catch (RateLimitReachedException _) {
      // Its key may be a new one that was not looked for again: it does not count as a guess.
      return issuer.wereRead()
          ? new Verdict.Bad("Token is not signed with a key of the issuer known here", true)
          : new Verdict.Unknowable();
    } catch (JOSEException e) {
      LOG.warn("tokens cannot be verified: {}", String.valueOf(e.getMessage()));
      return new Verdict.Unknowable();
    }
  }

  private Verdict judged(JWTClaimsSet found) {
    try {
      claims.verify(found, null);
    } catch (BadJWTException e) {
      return new Verdict.Bad("Token refused: " + e.getMessage(), true);
    }
    var name = found.getClaim(oauth.consumerClaim());
    if (name instanceof String text && ConsumerNames.isTaken(text)) {
      return new Verdict.Bad(
          "Token refused: " + oauth.consumerClaim() + " is a name that means something else here",
          true);
    }
    return name instanceof String text && !text.isBlank() && text.length() <= MAX_NAME
        ? new Verdict.Good(text, scopes(found))
        : new Verdict.Bad(
            "Token refused: " + oauth.consumerClaim() + " is no text of 1 to 200 characters", true);
  }

  /** OAuth's text of words, or the list that some issuers make of it. */
  private static Set<String> scopes(JWTClaimsSet found) {
    var scopes = new HashSet<String>();
    for (var claim : List.of("scope", "scp")) {
      switch (found.getClaim(claim)) {
        case String text -> scopes.addAll(List.of(text.strip().split(" +")));
        case Collection<?> list -> list.forEach(one -> scopes.add(String.valueOf(one)));
        case null, default -> {}
      }
    }
    return scopes;
  }
}
