package dev.ash.gateway;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;

/** Some gateways with one configuration, as they stand behind a balancer. */
final class SharedGateways implements AutoCloseable {
  private final HttpClient http;
  private final List<GatewayServer> gateways = new ArrayList<>();

  private SharedGateways(HttpClient http) {
    this.http = http;
  }

  /**
   * Two that serve.
   *
   * @param limits of the consumer {@code team-a}, in YAML
   * @param shared the section {@code limits.shared}, in YAML
   */
  static SharedGateways start(BothEnds ends, String limits, String shared) throws Exception {
    return start(2, ends.http(), yaml(ends.model(), limits, shared));
  }

  static SharedGateways start(int number, HttpClient http, String yaml) throws Exception {
    var started = new SharedGateways(http);
    try {
      for (var i = 0; i < number; i++) {
        started.gateways.add(Rig.start(Rig.config(yaml)));
      }
      return started;
    } catch (Exception | Error e) {
      started.close();
      throw e;
    }
  }

  static String yaml(ScriptedModel model, String limits, String shared) {
    return Rig.yaml(model.url(), limits) + "limits: {shared: {" + shared + "}}\n";
  }

  GatewayServer gateway(int number) {
    return gateways.get(number);
  }

  /** Somebody calls one of them. */
  HttpResponse<String> call(int number, String prompt) throws IOException, InterruptedException {
    return http.send(
        Calls.request(gateway(number).url() + "/v1/messages", prompt).build(),
        BodyHandlers.ofString());
  }

  int status(int number) throws IOException, InterruptedException {
    return call(number, "hello").statusCode();
  }

  String metrics(int number) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway(number).url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  /** What a gateway thinks of Redis. */
  boolean reaches(int number) throws IOException, InterruptedException {
    return metrics(number).contains("gateway_shared_limits_reachable 1.0");
  }

  @Override
  public void close() throws IOException {
    for (var gateway : gateways) {
      gateway.close();
    }
  }
}
