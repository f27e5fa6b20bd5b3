package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An authority of a test's own, made by openssl, with a list of what it has revoked. */
final class OwnAuthority {
  private final Path folder;

  /** A certificate and its key, PEM. */
  record Pair(Path certificate, Path key) {}

  private OwnAuthority(Path folder) {
    this.folder = folder;
  }

  /** Skips the test where there is no openssl. */
  static OwnAuthority in(Path folder) throws IOException, InterruptedException {
    TestTools.require("openssl", "version");
    var authority = new OwnAuthority(folder);
    authority.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
            + " -keyout authority.key -out authority.pem -subj /CN=authority");
    Files.createFile(folder.resolve("index"));
    Files.writeString(folder.resolve("serial"), "1000\n");
    Files.writeString(
        folder.resolve("authority.cnf"),
        """
        [ca]
        default_ca = own
        [own]
        database = index
        serial = serial
        new_certs_dir = .
        certificate = authority.pem
        private_key = authority.key
        default_md = sha256
        default_days = 2
        default_crl_days = 2
        copy_extensions = copy
        policy = any
        [any]
        commonName = supplied
        """);
    authority.writeList();
    return authority;
  }

  Path certificate() {
    return folder.resolve("authority.pem");
  }

  /** What it has revoked so far. */
  Path list() {
    return folder.resolve("revoked.pem");
  }

  /**
   * A certificate that it vouches for.
   *
   * @param names such as {@code IP:127.0.0.1}
   */
  Pair issued(String name, String names) throws IOException, InterruptedException {
    run(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            + " -keyout NAME.key -out NAME.csr -subj /CN=NAME -addext subjectAltName="
            + names,
        name);
    run("openssl ca -batch -notext -config authority.cnf -in NAME.csr -out NAME.pem", name);
    return new Pair(folder.resolve(name + ".pem"), folder.resolve(name + ".key"));
  }

  void revoke(Pair pair) throws IOException, InterruptedException {
    run("openssl ca -config authority.cnf -revoke " + pair.certificate());
    writeList();
  }

  private void writeList() throws IOException, InterruptedException {
    run("openssl ca -config authority.cnf -gencrl -out revoked.pem");
  }

  private void run(String command, String name) throws IOException, InterruptedException {
    run(command.replace("NAME", name));
  }

  private void run(String command) throws IOException, InterruptedException {
    var line = new ArrayList<>(List.of("env", "-C", folder.toString()));
    line.addAll(List.of(command.split(" ", -1)));
    var ran = TestTools.run(line);
    assertThat(ran.code()).as(command + ": " + ran.out()).isZero();
  }
}
