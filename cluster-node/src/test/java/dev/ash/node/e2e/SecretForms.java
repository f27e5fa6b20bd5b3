package dev.ash.node.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/** The texts that a secret turns into on its way through programs: what a search looks for. */
final class SecretForms {
  private static final String UNRESERVED = "-._~";

  /** Characters that writers of JSON give as numbers, lest a page takes them for markup. */
  private static final List<String> JSON_WRITERS = List.of("", "<>&", "<>&='", "<>&'+`\"");

  private static final List<HexFormat> DIGITS =
      List.of(HexFormat.of(), HexFormat.of().withUpperCase());

  private SecretForms() {}

  /** What the forms are called, by their texts; the plain one is called nothing. */
  static Map<String, String> of(String secret) {
    var forms = new LinkedHashMap<String, String>();
    forms.put(secret, "");
    base64(secret, forms);
    percent(secret, forms);
    json(secret, forms);
    var hex = HexFormat.of().formatHex(secret.getBytes(UTF_8));
    forms.putIfAbsent(hex, "hex");
    forms.putIfAbsent(hex.toUpperCase(Locale.ROOT), "hex");
    // As they stand in files, which are read one character a byte.
    Map.copyOf(forms)
        .forEach(
            (form, name) -> forms.putIfAbsent(new String(form.getBytes(UTF_8), ISO_8859_1), name));
    forms.putIfAbsent(new String(secret.getBytes(UTF_16LE), ISO_8859_1), "UTF-16");
    return forms;
  }

  /**
   * The characters that only the secret decides, for each place that it may have in a group of
   * three bytes.
   */
  private static void base64(String secret, Map<String, String> forms) {
    var bytes = secret.getBytes(UTF_8);
    for (var before = 0; before < 3; before++) {
      var all = new byte[before + bytes.length];
      System.arraycopy(bytes, 0, all, before, bytes.length);
      var from = (before * 8 + 5) / 6;
      var to = all.length * 8 / 6;
      forms.putIfAbsent(Base64.getEncoder().encodeToString(all).substring(from, to), "base64");
      forms.putIfAbsent(Base64.getUrlEncoder().encodeToString(all).substring(from, to), "base64");
    }
  }

  private static void percent(String secret, Map<String, String> forms) {
    var name = "percent-encoding";
    forms.putIfAbsent(URLEncoder.encode(secret, UTF_8), name);
    for (var digits : DIGITS) {
      forms.putIfAbsent(percent(secret, SecretForms::isUnreserved, digits), name);
      forms.putIfAbsent(percent(secret, _ -> false, digits), name);
    }
  }

  private static boolean isUnreserved(int c) {
    return c < 0x80 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0);
  }

  private static String percent(String secret, IntPredicate plain, HexFormat digits) {
    var text = new StringBuilder();
    for (var b : secret.getBytes(UTF_8)) {
      if (plain.test(b & 0xff)) {
        text.append((char) b);
      } else {
        text.append('%').append(digits.toHexDigits(b));
      }
    }
    return text.toString();
  }

  private static void json(String secret, Map<String, String> forms) {
    var name = "JSON escapes";
    for (var digits : DIGITS) {
      for (var special : JSON_WRITERS) {
        var text = json(secret, c -> special.indexOf(c) >= 0, digits);
        forms.putIfAbsent(text, name);
        forms.putIfAbsent(text.replace("/", "\\/"), name);
        forms.putIfAbsent(json(secret, c -> c >= 0x80 || special.indexOf(c) >= 0, digits), name);
      }
      forms.putIfAbsent(json(secret, _ -> true, digits), name);
    }
  }

  /** What every JSON writer has shorter words for. */
  private static final Map<Character, String> SHORT =
      Map.of('\n', "\\n", '\r', "\\r", '\t', "\\t", '\b', "\\b", '\f', "\\f");

  private static String json(String secret, IntPredicate asNumber, HexFormat digits) {
    var text = new StringBuilder();
    for (var i = 0; i < secret.length(); i++) {
      var c = secret.charAt(i);
      if (asNumber.test(c)) {
        text.append("\\u").append(digits.toHexDigits(c));
      } else if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (SHORT.containsKey(c)) {
        text.append(SHORT.get(c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
