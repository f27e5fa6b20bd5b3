package dev.ash.node.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.Secret;
import dev.ash.node.credentials.SealedVariables.Opened;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.id.SessionId;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class SealedVariablesTest {
  private static final SessionId ID = SessionId.of(new UUID(1, 1));
  private static final SessionId OTHER = SessionId.of(new UUID(1, 2));
  private static final Map<String, String> VARIABLES =
      Map.of("ANTHROPIC_API_KEY", "sk-canary-1", "PLAIN", "canary-2 \u00e9\n:", "EMPTY", "");

  private boolean everyNodeOpens = true;

  @Test
  void givesBackWhatItSealed() {
    var variables = variables("master");

    var stored = variables.seal(ID, VARIABLES);

    assertThat(stored.keySet()).isEqualTo(VARIABLES.keySet());
    assertThat(stored.values()).allMatch(SealedVariables::looksSealed);
    assertThat(stored.toString()).doesNotContain("canary");
    assertThat(variables.open(ID, stored)).isEqualTo(new Opened.Plain(VARIABLES));
    assertThat(variables.open(ID, VARIABLES))
        .as("as an older version stored them")
        .isEqualTo(new Opened.Plain(VARIABLES));
  }

  /** A node that knows nothing of sealing takes it for the key, and refuses to send it. */
  @Test
  void aSealedValueFitsIntoNoHeader() {
    var stored = variables("master").seal(ID, VARIABLES).getOrDefault("ANTHROPIC_API_KEY", "");

    assertThat(Choice.ofSession("x-api-key", "", stored, "why"))
        .isEqualTo(new Choice.Unusable("why"));
  }

  @Test
  void aValueIsWorthNothingInAnotherSessionOrUnderAnotherName() {
    var variables = variables("master");
    var stored = variables.seal(ID, VARIABLES);

    assertThat(variables.open(OTHER, stored)).isInstanceOf(Opened.Unreadable.class);
    assertThat(variables.open(ID, Map.of("PLAIN", stored.getOrDefault("ANTHROPIC_API_KEY", ""))))
        .isEqualTo(new Opened.Unreadable("PLAIN: its stored form is damaged"));
    assertThat(variables.open(ID, Map.of("A", "\u0001sealed:1:x")))
        .isEqualTo(new Opened.Unreadable("A: its stored form is damaged"));
  }

  @Test
  void staysAsItIsWithoutAMasterKey() {
    assertThat(variables().seal(ID, VARIABLES)).isEqualTo(VARIABLES);
    assertThat(variables().wantSealing(VARIABLES)).isFalse();
    assertThat(variables().open(ID, VARIABLES)).isEqualTo(new Opened.Plain(VARIABLES));
    var stored = variables("master").seal(ID, Map.of("A", "canary"));
    assertThat(variables().wantSealing(stored)).as("somebody has to be told of it").isTrue();
    assertThat(variables().open(ID, stored))
        .isEqualTo(new Opened.Unreadable("A: ASH_CREDENTIAL_KEY is not set on the node"));
  }

  @Test
  void staysAsItIsWhileANodeHasNotGotTheKey() {
    var variables = variables("master");
    everyNodeOpens = false;

    assertThat(variables.seal(ID, VARIABLES)).isEqualTo(VARIABLES);
    assertThat(variables.maySeal()).isFalse();
    everyNodeOpens = true;
    assertThat(variables.seal(ID, VARIABLES)).isNotEqualTo(VARIABLES);
    assertThat(variables.maySeal()).isTrue();
    assertThat(variables.wantSealing(VARIABLES)).isTrue();
  }

  @Test
  void isSealedAgainWithANewMasterKeyOnly() {
    var stored = variables("old").seal(ID, VARIABLES);
    var both = variables("new", "old");

    assertThat(both.open(ID, stored)).isEqualTo(new Opened.Plain(VARIABLES));
    assertThat(both.wantSealing(stored)).isTrue();
    var anew = both.seal(ID, VARIABLES);
    assertThat(both.wantSealing(anew)).isFalse();
    assertThat(both.wantSealing(Map.of())).isFalse();
    assertThat(variables("new").open(ID, anew)).isEqualTo(new Opened.Plain(VARIABLES));
    assertThat(variables("new").open(ID, stored))
        .isInstanceOfSatisfying(
            Opened.Unreadable.class,
            unreadable ->
                assertThat(unreadable.why()).contains("it was stored with the master key"));
  }

  private SealedVariables variables(String... masterKeys) {
    var secrets = Arrays.stream(masterKeys).map(Secret::new).toList();
    return new SealedVariables(new MasterKeys(secrets, new SecureRandom()), _ -> everyNodeOpens);
  }
}
