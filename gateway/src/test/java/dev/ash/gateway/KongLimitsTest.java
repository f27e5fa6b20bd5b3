package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.SharedLimits;
import dev.ash.gateway.config.SharedLimits.OnFailure;
import dev.ash.gateway.dialect.Dialect;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kong's rate-limiting with its policy redis. */
@Timeout(60)
final class KongLimitsTest {
  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();

  private record Read(
      dev.ash.gateway.config.GatewayConfig config, List<Findings.Finding> findings) {
    Optional<SharedLimits> shared() {
      return config.limits().shared();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis: {host: redis.example, port: 7000, username: kong, password: '${REDIS_PASSWORD}',"
            + " database: 2, timeout: 300, ssl: true, ssl_verify: true}",
        "redis_host: redis.example, redis_port: 7000, redis_username: kong,"
            + " redis_password: '${REDIS_PASSWORD}', redis_database: 2, redis_timeout: 300,"
            + " redis_ssl: true, redis_ssl_verify: true"
      })
  void bothFormsOfItsRedisAreRead(String redis) throws Exception {
    var read = read("policy: redis, fault_tolerant: false, " + redis);

    var shared = read.shared().orElseThrow();
    assertThat(shared.address()).isEqualTo("rediss://redis.example:7000/2");
    assertThat(shared.timeout()).isEqualTo(Duration.ofMillis(300));
    assertThat(shared.login().orElseThrow().user()).contains("kong");
    assertThat(shared.login().orElseThrow().password().reveal()).isEqualTo("canary-redis-password");
    assertThat(shared.onFailure()).isEqualTo(OnFailure.CLOSED);
    assertThat(read.findings()).noneMatch(f -> f.kind() != Kind.NOTE);
  }

  @Test
  void whatItDoesNotSayIsAsAtKongOrAsHere() throws Exception {
    var read = read("policy: redis, redis: {host: r, ssl: true, timeout: 60000}");

    var shared = read.shared().orElseThrow();
    assertThat(shared.address()).isEqualTo("rediss://r:6379/0");
    assertThat(shared.onFailure()).isEqualTo(OnFailure.OPEN);
    assertThat(shared.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(read.findings().toString())
        .contains("plugins[0].config.redis.ssl_verify", "Kong would believe any certificate")
        .contains("60000 ms is 5000 ms here");
  }

  @Test
  void saysWhatOfItsRedisIsNotAsAtKong() throws Exception {
    var read =
        read("policy: redis, redis: {host: r, username: kong, ssl: true, server_name: other}");

    assertThat(read.shared().orElseThrow().timeout()).isEqualTo(SharedLimits.USUAL_TIMEOUT);
    assertThat(read.findings().toString())
        .contains("plugins[0].config.redis.username: kong has no password")
        .contains("plugins[0].config.redis.server_name: the certificate of Redis must be for r")
        .contains("plugins[0].config.redis.timeout: missing: Kong would wait 2000 ms");
  }

  @Test
  void clusterIsNotOfferedAndLocalIsAsBefore() throws Exception {
    var cluster = read("policy: cluster");
    assertThat(cluster.shared()).isEmpty();
    assertThat(cluster.findings().toString())
        .contains("plugins[0].config.policy", "with cluster each gateway counts by itself");

    var local = read("policy: local, redis: {host: unused}");
    assertThat(local.shared()).isEmpty();
    assertThat(local.findings()).noneMatch(f -> f.kind() != Kind.NOTE);
  }

  @Test
  void aConsumersOwnLimitIsCountedThereToo() throws Exception {
    var read =
        read(
            "policy: local",
            "consumers: [{username: a, plugins: [{name: rate-limiting, config: {minute: 5, policy:"
                + " redis, redis: {host: own}}}]}]\n");

    assertThat(read.shared().orElseThrow().host()).isEqualTo("own");
    assertThat(read.config().access().consumers().getFirst().allowance().quotas()).hasSize(1);
  }

  @Test
  void everythingIsCountedInOneRedis() throws Exception {
    var read =
        read(
            "policy: redis, redis: {host: one}",
            "consumers: [{username: a, plugins: [{name: rate-limiting, config: {minute: 5, policy:"
                + " redis, redis: {host: other}}}]}]\n");

    assertThat(read.shared().orElseThrow().host()).isEqualTo("one");
    assertThat(read.findings().toString())
        .contains("all limits are counted in one Redis: redis://one:6379/0");
  }

  @Test
  void twoGatewaysOfKongsFileShareItsLimit() throws Exception {
    try (var redis = RealRedis.start(folder)) {
      var config =
          read(
                  "policy: redis, redis: {host: 127.0.0.1, timeout: 5000, port: "
                      + redis.port()
                      + "}",
                  "")
              .config();
      try (var one = Rig.start(config);
          var two = Rig.start(config)) {
        for (var url : List.of(one.url(), two.url(), one.url())) {
          assertThat(status(url)).isEqualTo(200);
        }
        assertThat(status(two.url())).isEqualTo(429);
      }
    }
  }

  private int status(String url) throws Exception {
    var call = Calls.bare(url + "/v1/messages", "hello").build();
    return ends.http().send(call, BodyHandlers.discarding()).statusCode();
  }

  private Read read(String limit) throws Exception {
    return read(limit, "");
  }

  private Read read(String limit, String more) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("kong.yaml"),
            """
            services: [{name: anthropic, url: '%s'}]
            plugins:
              - name: rate-limiting
                config: {minute: 3, %s}
              - name: request-transformer
                config: {remove: {headers: [x-api-key]}, add: {headers: ['x-api-key:%s']}}
            """
                    .formatted(ends.model().url(), limit, Rig.PROVIDER_KEY)
                + more);
    var findings = new Findings();
    var secrets = Map.of("REDIS_PASSWORD", "canary-redis-password");
    return new Read(Dialect.KONG.read(file, new Expansion(secrets::get), findings), findings.all());
  }
}
