package dev.ash.node.model;

import com.sun.net.httpserver.HttpExchange;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.regex.Pattern;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** Decides as AWS does whether a request was signed by somebody who knows the secret key. */
final class AwsSignature {
  static final String ID = "AKIDCANARY";
  static final String SECRET = "aws-secret-canary-41b7";

  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/]+)/\\d{8}/([^/]+)/([^/]+)/aws4_request,"
              + " SignedHeaders=([^,]+), Signature=[0-9a-f]{64}");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** The signer writes these itself. */
  private static final List<String> OF_THE_SIGNER =
      List.of("host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token");

  private AwsSignature() {}

  /** Lets the default chain of this JVM find the key that {@link #isGood} wants. */
  static void install() {
    System.setProperty("aws.accessKeyId", ID);
    System.setProperty("aws.secretAccessKey", SECRET);
    // No machine in a cloud is asked by a test.
    System.setProperty("aws.disableEc2Metadata", "true");
  }

  static void remove() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  /** Computes the signature of what came and compares it with what was shown. */
  static boolean isGood(HttpExchange exchange, byte[] body, String region, String service) {
    var shown = String.valueOf(exchange.getRequestHeaders().getFirst("authorization"));
    var parts = AUTHORIZATION.matcher(shown);
    if (!parts.matches()
        || !parts.group(1).equals(ID)
        || !parts.group(2).equals(region)
        || !parts.group(3).equals(service)) {
      return false;
    }
    var request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(exchange.getRequestMethod()))
            .uri(
                URI.create(
                    "http://"
                        + exchange.getRequestHeaders().getFirst("host")
                        + exchange.getRequestURI()));
    for (var name : parts.group(4).split(";", -1)) {
      if (!OF_THE_SIGNER.contains(name)) {
        request.putHeader(name, exchange.getRequestHeaders().get(name));
      }
    }
    var at = DATE.parse(exchange.getRequestHeaders().getFirst("x-amz-date"), Instant::from);
    var signed =
        AwsV4HttpSigner.create()
            .sign(
                r ->
                    r.identity(AwsCredentialsIdentity.create(ID, SECRET))
                        .request(request.build())
                        .payload(ContentStreamProvider.fromByteArray(body))
                        .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, service)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(at, ZoneOffset.UTC)));
    return signed.request().firstMatchingHeader("Authorization").filter(shown::equals).isPresent();
  }
}
