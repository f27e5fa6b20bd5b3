package dev.ash.gateway.tls;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the authorities' responders (OCSP) said of the clients that are connected. TLS asks when a
 * client connects; here they are asked again, beside the calls, for as long as it calls. Safe for
 * any thread; nothing but the asking itself waits.
 */
final class Responders {
  /** How old an answer may be before there is another question. */
  static final Duration EVERY = Duration.ofMinutes(5);

  /** How long a client is believed while its responder is silent; TLS must ask as often. */
  static final Duration GOOD_FOR = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(Responders.class);
  private static final Duration AGAIN = Duration.ofSeconds(30);

  /** Longer than a TLS session: one that is resumed is not taken for one that was just judged. */
  private static final Duration KEPT = GOOD_FOR.multipliedBy(2);

  private static final int MAX_CHAINS = 10_000;
  private static final int AT_ONCE = 8;

  static {
    // A silent responder holds the connection that is being made for as long as this.
    limit("com.sun.security.ocsp.timeout");
    limit("com.sun.security.ocsp.readtimeout");
  }

  /** What a responder said. */
  private sealed interface Said {
    record Good() implements Said {}

    record Bad(String objection) implements Said {}

    record Nothing(String why) implements Said {}
  }

  /** A chain and what is known of it. */
  private static final class Known {
    private Optional<String> objection = Optional.empty();
    private Instant answered;
    private Instant called;
    private Instant next;
    private boolean asking;

    /** TLS let it in: somebody has just vouched for it. */
    private Known(Instant now) {
      answered = now;
      called = now;
      next = now.plus(EVERY);
    }
  }

  private final Executor threads;
  private final Map<List<X509Certificate>, Known> chains =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<X509Certificate>, Known> eldest) {
          return size() > MAX_CHAINS;
        }
      };
  private int underWay;
  private boolean silent;

  Responders(Executor threads) {
    this.threads = threads;
  }

  /** What is wrong with a client that TLS let in, as far as is known by now. */
  synchronized Optional<String> objection(List<X509Certificate> chain, Instant now) {
    var known = chains.computeIfAbsent(List.copyOf(chain), _ -> new Known(now));
    known.called = now;
    if (known.objection.isPresent()) {
      return known.objection;
    }
    return known.answered.plus(GOOD_FOR).isAfter(now)
        ? Optional.empty()
        : Optional.of("cannot be judged: nobody has vouched for it (OCSP) since " + known.answered);
  }

  /** Has everybody asked for anew: others may be believed now. */
  synchronized void askAll() {
    chains.values().forEach(known -> known.next = Instant.MIN);
  }

  /** Asks for those whose answers are old, as many at once as is fit. */
  void look(X509ExtendedTrustManager judge, Instant now) {
    for (var chain : due(now)) {
      threads.execute(() -> told(chain, ask(judge, chain), now));
    }
  }

  private synchronized List<List<X509Certificate>> due(Instant now) {
    chains.values().removeIf(known -> !known.asking && known.called.plus(KEPT).isBefore(now));
    var due = new ArrayList<List<X509Certificate>>();
    for (var entry : chains.entrySet()) {
      if (underWay == AT_ONCE) {
        break;
      }
      var known = entry.getValue();
      if (!known.asking && !known.next.isAfter(now)) {
        known.asking = true;
        known.next = now.plus(EVERY);
        underWay++;
        due.add(entry.getKey());
      }
    }
    return due;
  }

  private synchronized void told(List<X509Certificate> chain, Said said, Instant asked) {
    underWay--;
    var known = chains.get(chain);
    if (known == null) {
      return;
    }
    known.asking = false;
    switch (said) {
      case Said.Good _ -> {
        known.answered = asked;
        known.objection = Optional.empty();
        silent = false;
      }
      case Said.Bad(var objection) -> {
        known.answered = asked;
        known.objection = Optional.of(objection);
        silent = false;
      }
      case Said.Nothing(var why) -> {
        var again = asked.plus(AGAIN);
        known.next = again.isBefore(known.next) ? again : known.next;
        if (!silent) {
          LOG.error(
              "listen.tls.ocsp: {} cannot be judged: {}; it is let in until {}",
              chain.getFirst().getSubjectX500Principal(),
              why,
              known.answered.plus(GOOD_FOR));
        }
        silent = true;
      }
    }
  }

  private static Said ask(X509ExtendedTrustManager judge, List<X509Certificate> chain) {
    try {
      judge.checkClientTrusted(chain.toArray(X509Certificate[]::new), "UNKNOWN");
      return new Said.Good();
    } catch (CertificateException e) {
      return said(e);
    } catch (RuntimeException e) {
      return new Said.Nothing(e.toString());
    }
  }

  private static Said said(CertificateException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertPathValidatorException path) {
        var own = path.getIndex() <= 0 ? "" : "belongs to an authority that ";
        if (path.getReason() == BasicReason.REVOKED) {
          return new Said.Bad(own + "was revoked");
        }
        // An answer that is stale, refused or signed by the wrong one has no reason of its own.
        if (path.getReason() == BasicReason.UNDETERMINED_REVOCATION_STATUS
            || path.getReason() == BasicReason.UNSPECIFIED) {
          return new Said.Nothing(String.valueOf(path.getMessage()));
        }
      }
    }
    return new Said.Bad("is not believed any more");
  }

  private static void limit(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "5");
    }
  }
}
