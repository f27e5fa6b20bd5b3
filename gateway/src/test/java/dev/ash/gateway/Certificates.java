package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.gateway.tls.Pem;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An authority of a test's own, made by openssl, and what it vouches for. */
final class Certificates {
  private static final String FROM = "20250101000000Z";
  private static final String UNTIL = "20990101000000Z";

  private final Path folder;
  private final String name;

  /** What its clients show beside their own certificate; nothing for one that is believed. */
  private final String shown;

  /** A certificate and its key, PEM. */
  record Pair(Path certificate, Path key) {}

  private Certificates(Path folder, String name, String shown) {
    this.folder = folder;
    this.name = name;
    this.shown = shown;
  }

  /** Skips the test where there is no openssl. */
  static Certificates authority(Path folder, String name) throws Exception {
    assumeTrue(RealProxy.installed("openssl", "version"), "openssl is not installed");
    var made = new Certificates(folder, name, "");
    made.openssl(name, "/CN=" + name, "basicConstraints=critical,CA:TRUE");
    return made;
  }

  /** A client with connections of its own that believes this authority. */
  HttpClient http(Optional<Pair> shown) throws Exception {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(
            Pem.client(
                Optional.of(authority()),
                shown.map(pair -> new Pem.Identity(pair.certificate(), pair.key()))))
        .build();
  }

  Path authority() {
    return folder.resolve(name + ".pem");
  }

  /** A server's certificate for these names, such as {@code DNS:localhost,IP:127.0.0.1}. */
  Pair server(String file, String names) throws Exception {
    openssl(
        file,
        "/CN=server",
        "subjectAltName=" + names,
        "-CA",
        authority().toString(),
        "-CAkey",
        folder.resolve(name + ".key").toString());
    return new Pair(folder.resolve(file + ".pem"), folder.resolve(file + ".key"));
  }

  /**
   * A client's certificate.
   *
   * @param subject such as {@code /O=Example/CN=agent}
   * @param names such as {@code DNS:agent.example}
   */
  Pair client(String file, String subject, String names) throws Exception {
    return issued(file, subject, "subjectAltName=" + names, FROM, UNTIL);
  }

  /** A client's certificate that says where to ask whether it is still good. */
  Pair askedAt(String file, String subject, String responder) throws Exception {
    return issued(file, subject, "authorityInfoAccess=OCSP;URI:" + responder, FROM, UNTIL);
  }

  /** An authority that this one vouches for. */
  Certificates below(String file) throws Exception {
    var pair = issued(file, "/CN=" + file, "basicConstraints=critical,CA:TRUE", FROM, UNTIL);
    return new Certificates(folder, file, Files.readString(pair.certificate()));
  }

  /** Its own certificate. */
  Pair own() {
    return new Pair(authority(), folder.resolve(name + ".key"));
  }

  /** One whose time is over. */
  Pair expired(String file, String subject) throws Exception {
    return issued(
        file, subject, "subjectAltName=DNS:gone.example", "20200101000000Z", "20200102000000Z");
  }

  private Pair issued(String file, String subject, String extension, String from, String until)
      throws Exception {
    var key = folder.resolve(file + ".key");
    var pem = folder.resolve(file + ".pem");
    var request = folder.resolve(file + ".csr").toString();
    run(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s -out %s"
            .formatted(key, request),
        "-subj",
        subject,
        "-addext",
        extension);
    run(
        "openssl ca -batch -notext -config %s -in %s -out %s -startdate %s -enddate %s"
            .formatted(registry(), request, pem, from, until));
    Files.writeString(pem, shown, StandardOpenOption.APPEND);
    return new Pair(pem, key);
  }

  void revoke(Pair pair) throws Exception {
    run("openssl ca -config %s -revoke %s".formatted(registry(), pair.certificate()));
  }

  /** Writes the list of what was revoked so far. */
  Path list(String file) throws Exception {
    var next = folder.resolve(file + ".next");
    run("openssl ca -config %s -gencrl -out %s".formatted(registry(), next));
    return Files.move(next, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Which certificates it made, and which it revoked since. */
  Path books() throws Exception {
    registry();
    return folder.resolve(name + ".index");
  }

  /** What {@code openssl ca} wants to know, and its books. */
  private Path registry() throws Exception {
    var file = folder.resolve(name + ".cnf");
    if (!Files.exists(file)) {
      Files.createFile(folder.resolve(name + ".index"));
      Files.writeString(folder.resolve(name + ".serial"), "1000\n");
      Files.writeString(
          file,
          """
          [ca]
          default_ca = own
          [own]
          database = %1$s.index
          serial = %1$s.serial
          new_certs_dir = %2$s
          certificate = %1$s.pem
          private_key = %1$s.key
          default_md = sha256
          default_crl_days = 2
          unique_subject = no
          copy_extensions = copy
          policy = any
          [any]
          organizationName = optional
          commonName = supplied
          """
              .formatted(folder.resolve(name), folder));
    }
    return file;
  }

  private static void run(String command, String... more) throws Exception {
    var line = new ArrayList<>(List.of(command.split(" ", -1)));
    line.addAll(List.of(more));
    assertThat(RealProxy.run(line.toArray(String[]::new))).as(command).isZero();
  }

  private void openssl(String file, String subject, String extension, String... more)
      throws Exception {
    var command =
        new ArrayList<>(
            List.of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"));
    command.addAll(List.of("-subj", subject, "-addext", extension));
    command.addAll(List.of("-keyout", folder.resolve(file + ".key").toString()));
    command.addAll(List.of("-out", folder.resolve(file + ".pem").toString()));
    command.addAll(List.of(more));
    assertThat(RealProxy.run(command.toArray(String[]::new))).isZero();
  }
}
