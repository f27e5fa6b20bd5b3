package dev.ash.node.credentials;

import dev.ash.config.Secret;
import dev.ash.persistence.table.CredentialTable.Box;
import dev.ash.protocol.id.SessionId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The variables that sessions are made with, in the form in which they are stored: every value is
 * sealed, for any of them may be a secret; names are not. Without a master key, and while a node
 * that has not got it could get the session, values stay as they are (docs/adr/0030). Threads may
 * share it; slow when a key is used for the first time.
 */
public final class SealedVariables {
  private static final Logger LOG = LoggerFactory.getLogger(SealedVariables.class);

  /**
   * Begins a sealed value. The first character may be in no HTTP header, so that a node which takes
   * the value for a key of the model refuses it and does not send it.
   */
  private static final String MARK = "\u0001sealed:1:";

  private static final Pattern SEALED =
      Pattern.compile(MARK + "([^:]+):([^:]+):([^:]+):([^:]+)", Pattern.DOTALL);

  private final MasterKeys keys;
  private final Predicate<String> everyNodeOpens;
  private final AtomicBoolean warned = new AtomicBoolean();

  SealedVariables(MasterKeys keys, Predicate<String> everyNodeOpens) {
    this.keys = keys;
    this.everyNodeOpens = everyNodeOpens;
  }

  /** What became of an attempt to read variables. */
  public sealed interface Opened {
    record Plain(Map<String, String> variables) implements Opened {
      public Plain {
        variables = Map.copyOf(variables);
      }
    }

    /**
     * At least one cannot be read.
     *
     * @param why in words that follow "cannot be read: "; no value is in them
     */
    record Unreadable(String why) implements Opened {}
  }

  /** Whether a value as somebody wants to set it would be taken for a sealed one. */
  public static boolean looksSealed(String value) {
    return value.startsWith(MARK);
  }

  /** The variables of a session as they are to be stored. */
  public Map<String, String> seal(SessionId session, Map<String, String> variables) {
    if (variables.isEmpty()) {
      return variables;
    }
    if (!keys.areThere()) {
      if (!warned.getAndSet(true)) {
        LOG.warn(
            "Values of extraEnv are stored readable, because ASH_CREDENTIAL_KEY is not set"
                + " (docs/operations.md#credentials)");
      }
      return variables;
    }
    if (!maySeal()) {
      return variables;
    }
    var sealed = new LinkedHashMap<String, String>();
    variables.forEach((name, value) -> sealed.put(name, text(session, name, value)));
    return sealed;
  }

  private String text(SessionId session, String name, String value) {
    var box = keys.seal(new Secret(value), purpose(session, name));
    return MARK + String.join(":", box.keyId(), box.salt(), box.iv(), box.bytes());
  }

  /** The variables of a session as they were before they were stored. */
  public Opened open(SessionId session, Map<String, String> stored) {
    var opened = new LinkedHashMap<String, String>();
    for (var variable : stored.entrySet()) {
      try {
        opened.put(variable.getKey(), open(session, variable.getKey(), variable.getValue()));
      } catch (UnreadableException e) {
        return new Opened.Unreadable(variable.getKey() + ": " + e.getMessage());
      }
    }
    return new Opened.Plain(opened);
  }

  private String open(SessionId session, String name, String value) throws UnreadableException {
    if (!looksSealed(value)) {
      return value;
    }
    var parts = SEALED.matcher(value);
    if (!parts.matches()) {
      throw new UnreadableException("its stored form is damaged");
    }
    var box = new Box(parts.group(1), parts.group(2), parts.group(3), parts.group(4));
    return keys.open(box, purpose(session, name)).reveal();
  }

  /** Whether there is a master key to seal with, and every node could open what it seals. */
  boolean maySeal() {
    return keys.areThere() && everyNodeOpens.test(keys.names().getFirst());
  }

  /** Whether there is a master key. */
  public boolean haveKey() {
    return keys.areThere();
  }

  /** Whether they are not as the first master key, or the lack of one, would have them. */
  public boolean wantSealing(Map<String, String> stored) {
    if (!keys.areThere()) {
      return stored.values().stream().anyMatch(SealedVariables::looksSealed);
    }
    var newest = MARK + keys.names().getFirst() + ":";
    return !stored.values().stream().allMatch(value -> value.startsWith(newest));
  }

  /** A value that is moved to another session or another name cannot be opened there. */
  private static String purpose(SessionId session, String name) {
    return session.value() + " extraEnv " + name;
  }
}
