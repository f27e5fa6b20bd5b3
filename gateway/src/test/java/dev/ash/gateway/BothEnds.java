package dev.ash.gateway;

import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A client before a gateway and the model behind it, for one test; register it in a field. */
final class BothEnds implements AfterEachCallback {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ScriptedModel model;

  BothEnds() {
    try {
      model = Rig.model();
    } catch (IOException e) {
      throw new UncheckedIOException("starting a model", e);
    }
  }

  HttpClient http() {
    return http;
  }

  /** It takes nothing but the provider's key. */
  ScriptedModel model() {
    return model;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    http.shutdownNow();
    model.close();
  }
}
