package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.config.ProviderConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Added;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/**
 * Amazon Bedrock: the model is in the path, requests are signed, and streams are Amazon's. Only
 * messages can be had there.
 */
final class Bedrock implements Provider {
  private static final String VERSION = "bedrock-2023-05-31";
  private static final String JSON = "application/json";
  private static final Pattern MAKER = Pattern.compile("^([a-z-]{2,12}\\.)?anthropic\\.");
  private static final Set<String> OF_THE_SIGNATURE =
      Set.of("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token");

  private final ProviderConfig.Bedrock config;
  private final URI base;
  private final Headers headers;
  private final CustomHeaders custom;
  private final AwsCredentialsProvider credentials;
  private final Executor threads;
  private final CloudNames names;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

  /**
   * Asks nobody yet.
   *
   * @param threads wait for credentials and sign
   */
  Bedrock(
      ProviderConfig.Bedrock config,
      URI base,
      Headers headers,
      CustomHeaders custom,
      AwsCredentialsProvider credentials,
      Executor threads) {
    this.config = config;
    this.base = base;
    this.headers = headers;
    this.custom = custom;
    this.credentials = credentials;
    this.threads = threads;
    this.names = new CloudNames(config.names(), config.betas());
  }

  /** A session's key is one of Anthropic's. */
  @Override
  public boolean serves(Choice key) {
    return !(key instanceof Choice.OfSession);
  }

  /** Without the region and the maker, so that it reads as the model's name elsewhere. */
  @Override
  public String called(String model) {
    return named(model).map(id -> MAKER.matcher(id).replaceFirst("")).orElse(model);
  }

  @Override
  public CompletionStage<Outgoing> outgoing(Sent sent) {
    if (!sent.path().equals("/v1/messages")) {
      return CompletableFuture.failedStage(
          new NotOfferedException(sent.path() + " cannot be had from Bedrock."));
    }
    return custom
        .values(true)
        .thenApplyAsync(
            values -> {
              var body = body(sent);
              var bytes = body.bytes().toArrayUnsafe();
              var target = target(id(sent.body().model()), body.stream());
              // A gateway that signs by itself is shown what it wants instead.
              var added =
                  new Added(
                      values, headers.haveAuthorization() ? Map.of() : signature(target, bytes));
              var request = HttpRequest.newBuilder(target).POST(BodyPublishers.ofByteArray(bytes));
              headers.toUpstream(List.of(), JSON, sent.key(), added, request);
              return new Outgoing(request.build(), added);
            },
            threads);
  }

  private CloudBody body(Sent sent) {
    var betas = names.betas(sent.headers());
    return CloudBody.of(
        sent.body().bytes(),
        Set.of("model", "stream"),
        json -> {
          json.writeStringField("anthropic_version", VERSION);
          if (!betas.isEmpty()) {
            json.writeArrayFieldStart("anthropic_beta");
            for (var beta : betas) {
              json.writeString(beta);
            }
            json.writeEndArray();
          }
        });
  }

  private URI target(String id, boolean stream) {
    return URI.create(
        base
            + "/model/"
            + URLEncoder.encode(id, UTF_8)
            + (stream ? "/invoke-with-response-stream" : "/invoke"));
  }

  private Optional<String> named(String model) {
    return names.of(model).or(() -> Stream.of(model).filter(Bedrock::isItsOwnName).findFirst());
  }

  private String id(String model) {
    return named(model)
        .orElseThrow(
            () ->
                new NotOfferedException(
                    "model: " + model + " has no name at Bedrock on this node (ASH_MODEL_MAP)."));
  }

  private static boolean isItsOwnName(String model) {
    return model.matches("([a-z-]{2,12}\\.)?anthropic\\.[A-Za-z0-9.:_-]+");
  }

  private Map<String, String> signature(URI target, byte[] body) {
    try {
      var identity = credentials.resolveCredentials();
      var signed =
          signer.sign(
              r ->
                  r.identity(identity)
                      .request(
                          SdkHttpRequest.builder()
                              .method(SdkHttpMethod.POST)
                              .uri(target)
                              .putHeader("content-type", JSON)
                              .build())
                      .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                      .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                      .putProperty(AwsV4HttpSigner.REGION_NAME, config.region()));
      var shown = new LinkedHashMap<String, String>();
      signed
          .request()
          .forEachHeader(
              (name, values) -> {
                if (OF_THE_SIGNATURE.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                  shown.put(name, values.getFirst());
                }
              });
      return shown;
    } catch (SdkException e) {
      throw new SecretSource.NoSecretException(
          "no credentials for AWS were found (%s; environment, profile, web identity, container"
                  .formatted(e.getClass().getSimpleName())
              + " and instance were asked)");
    }
  }

  /**
   * The chain renews its credentials by itself, before they expire. AWS itself says which kind of
   * error it is, and looks at one header; who does not say it is a gateway before it.
   */
  @Override
  public boolean renews(HttpResponse<?> response, Added shown) {
    var status = response.statusCode();
    if (status != 401 && status != 403) {
      return false;
    }
    var ofAws = response.headers().firstValue(BedrockErrors.KIND).isPresent();
    return custom.refused(shown.custom(), name -> !ofAws || name.equalsIgnoreCase("authorization"));
  }

  @Override
  public CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    if (response.statusCode() >= 400) {
      return BedrockErrors.received(response);
    }
    var came = Received.asItCame(response);
    if (!came.type().startsWith("application/vnd.amazon.eventstream")) {
      return CompletableFuture.completedStage(came);
    }
    return CompletableFuture.completedStage(
        new Received(
            came.status(),
            came.headers(),
            "text/event-stream",
            OptionalLong.empty(),
            new BedrockStream(came.body())));
  }
}
