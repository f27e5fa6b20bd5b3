package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.Tls;
import dev.ash.gateway.tls.ClientTrust;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CRL;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * The listener's TLS. Its files may be replaced while it serves: new connections get what they say
 * then, and those that are open go on.
 */
final class ListenerTls {
  private final Tls tls;
  private final Optional<ClientTrust> trust;
  private final SslContextFactory.Server factory;

  /** What the files say, when all of it can be used together. */
  record Read(KeyStore identity, Optional<ClientTrust> trust) {}

  ListenerTls(Tls tls) throws IOException, GeneralSecurityException {
    this.tls = tls;
    var read = read(tls);
    trust = read.trust();
    factory = factory(read);
  }

  /** Reads the files, and changes nothing. */
  Read read() throws IOException, GeneralSecurityException {
    var read = read(tls);
    // A factory that fails while it is changed serves nobody any more.
    var trial = factory(read);
    try {
      trial.start();
      trial.stop();
    } catch (Exception e) {
      throw failed(e);
    }
    return read;
  }

  /** From the next connection on. */
  void take(Read read) throws IOException, GeneralSecurityException {
    try {
      factory.reload(same -> same.setKeyStore(read.identity()));
    } catch (Exception e) {
      throw failed(e);
    }
    trust.ifPresent(mine -> read.trust().ifPresent(mine::become));
  }

  Optional<ClientTrust> trust() {
    return trust;
  }

  SslContextFactory.Server factory() {
    return factory;
  }

  private static Read read(Tls tls) throws IOException, GeneralSecurityException {
    var authorities = tls.clientAuthorities();
    return new Read(
        Pem.keyStore(tls.identity()),
        authorities.isEmpty()
            ? Optional.empty()
            : Optional.of(new ClientTrust(authorities.get(), tls.revocation())));
  }

  private static SslContextFactory.Server factory(Read read) {
    var factory =
        new SslContextFactory.Server() {
          @Override
          protected TrustManager[] getTrustManagers(KeyStore store, Collection<? extends CRL> lists)
              throws Exception {
            return read.trust().isPresent()
                ? new TrustManager[] {read.trust().get()}
                : super.getTrustManagers(store, lists);
          }
        };
    factory.setKeyStore(read.identity());
    factory.setKeyStorePassword(Pem.password());
    factory.setIncludeProtocols("TLSv1.2", "TLSv1.3");
    factory.setNeedClientAuth(read.trust().isPresent());
    // A session that is resumed is not judged again.
    read.trust()
        .flatMap(ClientTrust::judgedEvery)
        .ifPresent(time -> factory.setSslSessionTimeout(Math.toIntExact(time.toSeconds())));
    return factory;
  }

  private static IOException failed(Exception e) throws GeneralSecurityException {
    if (e instanceof GeneralSecurityException security) {
      throw security;
    }
    return e instanceof IOException io ? io : new IOException("listen.tls: " + e, e);
  }
}
