package dev.ash.gateway.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.ash.gateway.config.FileTrouble;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which clients' certificates are believed: those of our authorities that these do not revoke. With
 * lists, an authority without one in date is not believed at all; they are read anew when they
 * change. Safe for any thread.
 */
public final class ClientTrust extends X509ExtendedTrustManager {
  private static final Logger LOG = LoggerFactory.getLogger(ClientTrust.class);

  /** What the files say: who is believed, and what these have revoked. */
  private record Known(
      Believed believed,
      Map<Path, String> texts,
      List<X509CRL> lists,
      X509ExtendedTrustManager judge) {}

  private record Believed(KeyStore store, Set<X509Certificate> anchors) {
    private static Believed read(Path authorities) throws IOException, GeneralSecurityException {
      var store = Pem.trustStore(authorities);
      var anchors = new HashSet<X509Certificate>();
      for (var anchor : parameters(store).getTrustAnchors()) {
        anchors.add(anchor.getTrustedCert());
      }
      return new Believed(store, Set.copyOf(anchors));
    }
  }

  private final Revocation revocation;
  private final Optional<Responders> responders;
  private volatile Known known;

  /** Others were believed once, and connections may be open that TLS let in because of them. */
  private volatile boolean renewed;

  /** What was said last of lists that cannot be used or are out of date. */
  private String told = "";

  /**
   * @param authorities PEM certificates
   */
  public ClientTrust(Path authorities, Revocation revocation)
      throws IOException, GeneralSecurityException {
    this.revocation = revocation;
    this.responders =
        revocation instanceof Revocation.Responder
            ? Optional.of(new Responders(Thread::startVirtualThread))
            : Optional.empty();
    this.known = known(Believed.read(authorities), texts());
  }

  /** Believes from now on whom another one believes, which has read the same files later. */
  public synchronized void become(ClientTrust other) {
    if (!other.known.believed().anchors().equals(known.believed().anchors())) {
      renewed = true;
    }
    known = other.known;
    responders.ifPresent(Responders::askAll);
  }

  /** How long a judgement holds for a client that comes back, where it does not hold for long. */
  public Optional<Duration> judgedEvery() {
    return responders.map(_ -> Responders.GOOD_FOR);
  }

  /** Takes lists that have changed and says which ones are out of date, or asks responders. */
  public synchronized void look(Instant now) {
    responders.ifPresent(r -> r.look(known.judge(), now));
    var said = "";
    try {
      var texts = texts();
      if (!texts.equals(known.texts())) {
        known = known(known.believed(), texts);
      }
      for (var list : known.lists()) {
        var end = list.getNextUpdate();
        if (!inDate(list, now)) {
          said =
              "the list of "
                  + list.getIssuerX500Principal()
                  + " ended at "
                  + (end == null ? "no time" : end.toInstant())
                  + "; none of its clients is let in until there is a new one";
        }
      }
    } catch (IOException | GeneralSecurityException e) {
      said = FileTrouble.of(e) + "; the lists before stay in force";
    }
    if (!said.isEmpty() && !said.equals(told)) {
      LOG.error("listen.tls.revocations: {}", said);
    }
    told = said;
  }

  /**
   * What is wrong with a client's certificates by now. TLS judged them when the client connected,
   * which may be long ago: connections stay open, and sessions are resumed without it.
   *
   * @param chain as the client sent it, its own certificate first
   */
  public Optional<String> objection(List<X509Certificate> chain, Instant at) {
    var now = known;
    var worn = worn(chain, now, at).or(() -> revoked(chain, at));
    // Where responders are asked, that is done beside the calls, and by the authorities of now.
    var judged = responders.isEmpty() && renewed && !chain.isEmpty();
    return worn.isEmpty() && judged && !isBelieved(chain, now.judge())
        ? Optional.of("Client certificate is of no authority that is believed here any more")
        : worn;
  }

  private Optional<String> revoked(List<X509Certificate> chain, Instant at) {
    return chain.isEmpty()
        ? Optional.empty()
        : responders.flatMap(r -> r.objection(chain, at)).map(what -> "Client certificate " + what);
  }

  private static Optional<String> worn(List<X509Certificate> chain, Known known, Instant at) {
    for (var certificate : chain) {
      // An authority of ours is believed by our own file, whatever is said of it and above it.
      if (known.believed().anchors().contains(certificate)) {
        return Optional.empty();
      }
      var objection = objection(certificate, known.lists(), at);
      if (objection.isPresent()) {
        var own = certificate.equals(chain.getFirst());
        return objection.map(what -> (own ? "Client certificate " : "Its authority ") + what);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> objection(
      X509Certificate certificate, List<X509CRL> lists, Instant now) {
    if (!now.isBefore(certificate.getNotAfter().toInstant())) {
      return Optional.of("has expired");
    }
    var theirs =
        lists.stream()
            .filter(l -> l.getIssuerX500Principal().equals(certificate.getIssuerX500Principal()))
            .toList();
    if (theirs.stream().anyMatch(list -> list.isRevoked(certificate))) {
      return Optional.of("was revoked");
    }
    return lists.isEmpty() || theirs.stream().anyMatch(list -> inDate(list, now))
        ? Optional.empty()
        : Optional.of("cannot be judged: the list of revocations is out of date");
  }

  /** TLS takes no list that does not say when the next one comes. */
  private static boolean inDate(X509CRL list, Instant now) {
    return list.getNextUpdate() != null && now.isBefore(list.getNextUpdate().toInstant());
  }

  private static boolean isBelieved(List<X509Certificate> chain, X509ExtendedTrustManager judge) {
    try {
      judge.checkClientTrusted(chain.toArray(X509Certificate[]::new), "UNKNOWN");
      return true;
    } catch (CertificateException _) {
      return false;
    }
  }

  private static PKIXBuilderParameters parameters(KeyStore store) throws GeneralSecurityException {
    return new PKIXBuilderParameters(store, new X509CertSelector());
  }

  private Map<Path, String> texts() throws IOException {
    var texts = new LinkedHashMap<Path, String>();
    if (revocation instanceof Revocation.Lists lists) {
      for (var file : lists.files()) {
        texts.put(file, Files.readString(file, ISO_8859_1));
      }
    }
    return texts;
  }

  private Known known(Believed believed, Map<Path, String> texts)
      throws IOException, GeneralSecurityException {
    var lists = new ArrayList<X509CRL>();
    for (var text : texts.entrySet()) {
      var found =
          CertificateFactory.getInstance("X.509")
              .generateCRLs(new ByteArrayInputStream(text.getValue().getBytes(ISO_8859_1)));
      if (found.isEmpty()) {
        throw new IOException(
            text.getKey() + ": no list (expected: PEM with BEGIN X509 CRL, or DER)");
      }
      found.forEach(list -> lists.add((X509CRL) list));
    }
    var parameters = parameters(believed.store());
    parameters.setRevocationEnabled(false);
    switch (revocation) {
      case Revocation.Never _ -> {}
      case Revocation.Lists _ -> {
        parameters.addCertStore(
            CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        var checker = checker();
        checker.setOptions(EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
        parameters.addCertPathChecker(checker);
      }
      case Revocation.Responder responder -> {
        var checker = checker();
        checker.setOptions(EnumSet.of(Option.NO_FALLBACK));
        responder.address().ifPresent(checker::setOcspResponder);
        if (responder.signer().isPresent()) {
          checker.setOcspResponderCert(
              (X509Certificate) Pem.certificates(responder.signer().get()).getFirst());
        }
        parameters.addCertPathChecker(checker);
      }
    }
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(new CertPathTrustManagerParameters(parameters));
    for (var manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager judge) {
        return new Known(believed, Map.copyOf(texts), List.copyOf(lists), judge);
      }
    }
    throw new IllegalStateException("every Java judges certificates by PKIX");
  }

  private static PKIXRevocationChecker checker() throws GeneralSecurityException {
    return (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    known.judge().checkClientTrusted(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    known.judge().checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    known.judge().checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("this judges clients");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("this judges clients");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("this judges clients");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return known.judge().getAcceptedIssuers();
  }
}
