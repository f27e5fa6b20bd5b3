package dev.ash.gateway.config;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/** A name that an authority vouches for in a client's certificate. */
public sealed interface CertificateName {
  /** The subject; case and spaces do not matter, the order of its parts does. */
  record Subject(X500Principal name) implements CertificateName {}

  /** A subject alternative name. */
  record Alternative(Kind kind, String value) implements CertificateName {}

  /** Kinds of alternative names, with the numbers that certificates give them. */
  enum Kind {
    EMAIL(1),
    DNS(2),
    URI(6);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    private String prefix() {
      return name().toLowerCase(Locale.ROOT) + ":";
    }

    private Alternative of(String value) {
      // Names of hosts and mailboxes are the same in any case; an address of another kind is not.
      return new Alternative(this, this == URI ? value : value.toLowerCase(Locale.ROOT));
    }
  }

  /** Reads {@code CN=agent,O=Example}, {@code dns:…}, {@code email:…} or {@code uri:…}. */
  static CertificateName of(String where, String text) throws ConfigException {
    for (var kind : Kind.values()) {
      if (text.startsWith(kind.prefix()) && text.length() > kind.prefix().length()) {
        var value = text.substring(kind.prefix().length());
        if (isPlain(value)) {
          return kind.of(value);
        }
      }
    }
    try {
      var subject = subject(new X500Principal(text));
      if (subject.isPresent()) {
        return subject.get();
      }
    } catch (IllegalArgumentException _) {
      // Said below, as for an empty one.
    }
    throw new ConfigException(
        where,
        text,
        "a subject such as CN=agent,O=Example, or dns:, email: or uri: and a name, in ASCII");
  }

  /**
   * A subject, if it is one to compare by. Java takes letters that only look alike for the same,
   * such as a full-width {@code a} for {@code a}; what is not ASCII therefore names nobody.
   */
  static Optional<Subject> subject(X500Principal name) {
    return name.getName().isEmpty() || !isPlain(name.getName())
        ? Optional.empty()
        : Optional.of(new Subject(name));
  }

  private static boolean isPlain(String name) {
    return name.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /** Everything a certificate is named, the subject first. */
  static List<CertificateName> in(X509Certificate certificate) {
    var names = new ArrayList<CertificateName>();
    subject(certificate.getSubjectX500Principal()).ifPresent(names::add);
    try {
      var alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (var one : alternatives) {
          for (var kind : Kind.values()) {
            if (one.get(0).equals(kind.number)
                && one.get(1) instanceof String value
                && isPlain(value)) {
              names.add(kind.of(value));
            }
          }
        }
      }
    } catch (CertificateParsingException _) {
      // What cannot be read names nobody.
    }
    return names;
  }
}
