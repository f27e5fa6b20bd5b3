package dev.ash.gateway.server;

import dev.ash.gateway.config.SharedLimits;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Connects to a Redis. With TLS its certificate must be believed and have its name. */
final class RedisSocket implements JedisSocketFactory {
  private final SharedLimits config;
  private final int millis;
  private final Optional<SSLSocketFactory> secure;

  /**
   * To one Redis.
   *
   * @param millis the longest that connecting, or waiting for bytes, takes
   */
  RedisSocket(SharedLimits config, int millis) throws IOException, GeneralSecurityException {
    this.config = config;
    this.millis = millis;
    secure =
        config.tls().isPresent()
            ? Optional.of(
                Pem.client(config.tls().get().authorities(), config.tls().get().identity())
                    .getSocketFactory())
            : Optional.empty();
  }

  @Override
  public Socket createSocket() {
    var plain = new Socket();
    try {
      plain.setTcpNoDelay(true);
      plain.setSoTimeout(millis);
      plain.connect(new InetSocketAddress(config.host(), config.port()), millis);
      return secure.isPresent() ? wrapped(secure.get(), plain) : plain;
    } catch (IOException e) {
      try {
        plain.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw new JedisConnectionException("connecting to " + config.address(), e);
    }
  }

  private Socket wrapped(SSLSocketFactory factory, Socket plain) throws IOException {
    var socket = (SSLSocket) factory.createSocket(plain, config.host(), config.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }
}
