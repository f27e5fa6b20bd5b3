package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.keys.KeyFile;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.htmlunit.BrowserVersion;
import org.htmlunit.CollectingAlertHandler;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlTable;
import org.htmlunit.html.HtmlTextArea;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The pages for operators, in a browser, before a running gateway. */
@Timeout(120)
final class PagesTest {
  private static final String ADMIN = "canary-administrator-key";
  private static final String OTHER = "ash_the-key-of-another-team";
  private static final String HOSTILE = "<img src=x onerror=alert(1)>";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private final CollectingAlertHandler alerts = new CollectingAlertHandler();
  private WebClient browser;

  @BeforeEach
  void open() {
    browser = new WebClient(BrowserVersion.FIREFOX);
    browser.getOptions().setFetchPolyfillEnabled(true);
    // Answers of 401 are what the pages are there for; errors of scripts fail the test.
    browser.getOptions().setThrowExceptionOnFailingStatusCode(false);
    browser.setAlertHandler(alerts);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aWrongKeyIsToldAndAskedForAgain() throws Exception {
    try (var gateway = serve("")) {
      var page = entered(gateway, "/admin", "ash_wrong");

      soon().until(() -> text(page, "said").equals("Invalid administrator key"));
      assertThat(shown(page, "inside")).isFalse();
      assertThat(shown(page, "enter")).isTrue();
      assertThat(input(page, "key").getValue()).isEmpty();
      type(page, "key", "not a key \u00e4");
      click(page, "#enter button");
      soon().until(() -> text(page, "said").contains("visible ASCII"));
      type(page, "key", ADMIN);
      click(page, "#enter button");
      soon().until(() -> shown(page, "inside"));
      assertThat(text(page, "said")).isEmpty();
    }
  }

  @Test
  void anAdministratorMakesRotatesAndRevokesKeys() throws Exception {
    try (var gateway = serve("")) {
      var page = entered(gateway, "/admin", ADMIN);
      soon().until(() -> shown(page, "inside") && shown(page, "none"));
      assertThat(text(page, "lines"))
          .contains("export ANTHROPIC_BASE_URL='https://gateway.example.com'")
          .contains("export ANTHROPIC_AUTH_TOKEN=");

      type(page, "name", "team-b");
      type(page, "label", HOSTILE);
      click(page, "#make button");
      soon().until(() -> rows(page).size() == 1 && shown(page, "made"));
      var first = madeKey(page);
      assertThat(call(gateway, first)).isEqualTo(200);
      assertThat(rows(page).getFirst()).contains("team-b", HOSTILE, "active");
      click(page, "#done");
      assertThat(shown(page, "made")).isFalse();
      assertThat(page.asXml()).doesNotContain(first);

      click(page, "#keys tbody button");
      assertThat(text(page, "sure-title")).isEqualTo("Rotate this key?");
      type(page, "overlap", "1h");
      click(page, "#yes");
      soon().until(() -> rows(page).size() == 2 && shown(page, "made"));
      var second = madeKey(page);
      assertThat(call(gateway, first)).isEqualTo(200);
      assertThat(call(gateway, second)).isEqualTo(200);
      assertThat(rows(page).getFirst()).contains("renewed by key-");

      // Only who says so twice revokes.
      var revoke = "#keys tbody tr:nth-child(2) button.bad";
      click(page, revoke);
      assertThat(text(page, "sure-title")).isEqualTo("Revoke this key?");
      assertThat(shown(page, "overlap-label")).isFalse();
      click(page, "#no");
      assertThat(shown(page, "sure")).isFalse();
      assertThat(call(gateway, second)).isEqualTo(200);
      click(page, revoke);
      click(page, "#yes");
      soon().until(() -> rows(page).stream().anyMatch(row -> row.contains("revoked")));
      assertThat(rows(page).get(1)).contains("revoked");
      assertThat(call(gateway, second)).isEqualTo(401);
      assertThat(call(gateway, first)).isEqualTo(200);
      assertThat(alerts.getCollectedAlerts()).isEmpty();
      assertThat(page.querySelectorAll("img")).isEmpty();
    }
  }

  @Test
  void whatTheGatewayRefusesIsSaid() throws Exception {
    try (var gateway = serve("")) {
      var page = entered(gateway, "/admin", ADMIN);
      soon().until(() -> shown(page, "inside"));
      type(page, "name", HOSTILE);
      click(page, "#make button");

      soon().until(() -> text(page, "said").startsWith("name: '" + HOSTILE + "' (expected: "));
      assertThat(page.querySelectorAll("img")).isEmpty();
      assertThat(new KeyFile(folder.resolve("keys.json")).read().keys()).isEmpty();
    }
  }

  @Test
  void usageIsWhatWasCalledAndNamesStayText() throws Exception {
    try (var gateway = serve("")) {
      for (var i = 0; i < 3; i++) {
        assertThat(call(gateway, OTHER)).isEqualTo(200);
      }
      assertThat(call(gateway, Rig.TOKEN)).isEqualTo(200);
      Awaitility.await().until(() -> Files.readAllLines(folder.resolve("audit.log")).size() == 4);
      var counted = model.tokens("claude-sonnet-5");
      var page = entered(gateway, "/usage", ADMIN);

      soon().until(() -> shown(page, "inside") && cells(page).size() >= 2);
      var hostile = cells(page).stream().filter(row -> row.getFirst().equals(HOSTILE)).toList();
      assertThat(hostile).hasSize(1);
      assertThat(hostile.getFirst().get(1)).isEqualTo("3");
      assertThat(hostile.getFirst().get(2)).isEqualTo(Long.toString(counted.input() / 4 * 3));
      assertThat(text(page, "total-tokens"))
          .isEqualTo(Long.toString(counted.input() + counted.output()));
      assertThat(text(page, "total-cost")).startsWith("0.0");
      assertThat(page.querySelectorAll("#chart rect")).hasSize(cells(page).size());
      assertThat(page.querySelectorAll("img")).isEmpty();

      page.<HtmlInput>querySelector("#by-consumer").click();
      page.<HtmlInput>querySelector("#by-model").click();
      type(page, "consumer", HOSTILE);
      click(page, "#choose button.main");
      soon().until(() -> cells(page).size() == 1);
      assertThat(cells(page).getFirst().subList(0, 2)).containsExactly("claude-sonnet-5", "3");
      input(page, "from").setValue("2020-01-02");
      input(page, "to").setValue("2020-01-01");
      click(page, "#choose button.main");
      soon()
          .until(() -> text(page, "said").contains("from: 2020-01-02 (expected: a day not after"));
      assertThat(alerts.getCollectedAlerts()).isEmpty();
    }
  }

  @Test
  void aConsumerSeesItsOwnUsageAndIsForgotten() throws Exception {
    try (var gateway = serve("")) {
      assertThat(call(gateway, OTHER)).isEqualTo(200);
      assertThat(call(gateway, Rig.TOKEN)).isEqualTo(200);
      Awaitility.await().until(() -> Files.readAllLines(folder.resolve("audit.log")).size() == 2);
      var page = entered(gateway, "/usage", Rig.TOKEN);
      soon().until(() -> shown(page, "inside") && cells(page).size() == 1);
      assertThat(cells(page).getFirst().getFirst()).isEqualTo("team-a");

      // The key is kept for this tab.
      HtmlPage again = browser.getPage(gateway.url() + "/usage");
      soon().until(() -> shown(again, "inside") && cells(again).size() == 1);
      click(again, "#leave");
      assertThat(cells(again)).isEmpty();
      HtmlPage later = browser.getPage(gateway.url() + "/usage");
      assertThat(shown(later, "inside")).isFalse();
    }
  }

  @Test
  void worksBehindABasePath() throws Exception {
    try (var gateway = serve("basePath: /anthropic")) {
      HtmlPage page = browser.getPage(gateway.url() + "/anthropic/admin");
      type(page, "key", ADMIN);
      click(page, "#enter button");
      soon().until(() -> shown(page, "inside"));
    }
  }

  @Test
  void theBrowserIsToldToLoadNothingElseAndTheAddressRulesComeFirst() throws Exception {
    try (var gateway = serve("")) {
      for (var path : List.of("/usage", "/admin", "/pages/common.js", "/pages/pages.css")) {
        var answer = get(gateway, path);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
            .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
            .contains("connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'")
            .doesNotContain("unsafe", "*", "http");
        assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(answer.body()).doesNotContain("style=", "onclick", "innerHTML", "://cdn");
      }
      assertThat(get(gateway, "/usage").body()).contains("<noscript>", "needs JavaScript");
      assertThat(get(gateway, "/pages/../admin.html").statusCode()).isNotEqualTo(200);
    }
    try (var gateway = serve("", "access: {denyFrom: 127.0.0.1}\n")) {
      assertThat(get(gateway, "/usage").statusCode()).isEqualTo(403);
    }
  }

  @Test
  void areNotThereWhenSwitchedOffOrWithoutAdministrators() throws Exception {
    try (var gateway = serve("", "admin: {pages: false}\n")) {
      for (var path : List.of("/usage", "/admin", "/pages/common.js")) {
        assertThat(get(gateway, path).statusCode()).isEqualTo(404);
      }
    }
    var yaml = yaml("", "").replaceAll("keyStore: .*\n", "");
    try (var gateway = Rig.start(Rig.config(yaml))) {
      assertThat(get(gateway, "/admin").statusCode()).isEqualTo(404);
    }
  }

  private HtmlPage entered(GatewayServer gateway, String path, String key) throws Exception {
    HtmlPage page = browser.getPage(gateway.url() + path);
    type(page, "key", key);
    click(page, "#enter button");
    return page;
  }

  private static void type(HtmlPage page, String id, String text) {
    input(page, id).setValue(text);
  }

  private static HtmlInput input(HtmlPage page, String id) {
    return (HtmlInput) element(page, id);
  }

  private static DomElement element(HtmlPage page, String id) {
    return Optional.ofNullable(page.getElementById(id)).orElseThrow();
  }

  private static void click(HtmlPage page, String selector) throws Exception {
    page.<HtmlElement>querySelector(selector).click();
  }

  private static String text(HtmlPage page, String id) {
    return element(page, id).getTextContent().strip();
  }

  private static boolean shown(HtmlPage page, String id) {
    return !element(page, id).hasAttribute("hidden");
  }

  private static String madeKey(HtmlPage page) {
    var text = ((HtmlTextArea) element(page, "made-text")).getText();
    assertThat(text).startsWith("export ANTHROPIC_BASE_URL='https://gateway.example.com'\n");
    return text.replaceAll("(?s).*ANTHROPIC_AUTH_TOKEN='|'$", "");
  }

  /** The text of each row. */
  private static List<String> rows(HtmlPage page) {
    return body(page, "keys").stream().map(row -> String.join("|", row)).toList();
  }

  private static List<List<String>> cells(HtmlPage page) {
    return body(page, "rows");
  }

  private static List<List<String>> body(HtmlPage page, String id) {
    var rows = new ArrayList<List<String>>();
    for (var row : ((HtmlTable) element(page, id)).getBodies().getFirst().getRows()) {
      rows.add(row.getCells().stream().map(cell -> cell.getTextContent()).toList());
    }
    return rows;
  }

  private ConditionFactory soon() {
    return Awaitility.await()
        .pollInSameThread()
        .atMost(Duration.ofSeconds(30))
        .conditionEvaluationListener(_ -> browser.waitForBackgroundJavaScript(100));
  }

  private HttpResponse<String> get(GatewayServer gateway, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("authorization", "Bearer " + Rig.TOKEN)
            .build(),
        BodyHandlers.ofString());
  }

  private int call(GatewayServer gateway, String key) throws Exception {
    var request =
        Calls.head(gateway.url() + "/v1/messages")
            .header("authorization", "Bearer " + key)
            .POST(BodyPublishers.ofString(Calls.body("hello")))
            .build();
    return http.send(request, BodyHandlers.ofString()).statusCode();
  }

  private String yaml(String listen, String more) {
    var hashes = new Hashes(Optional.empty());
    return "listen: {publicUrl: 'https://gateway.example.com', %s}\n".formatted(listen)
        + Rig.yaml(model.url(), "")
        + "  - {name: '%s', keys: [{hash: %s}]}\n".formatted(HOSTILE, hashes.hash(OTHER))
        + "keyStore: {file: %s, administrators: [{name: ops, hash: %s}]}\n"
            .formatted(folder.resolve("keys.json"), hashes.hash(ADMIN))
        + "audit: {file: '%s'}\n".formatted(folder.resolve("audit.log"))
        + more;
  }

  private GatewayServer serve(String listen) throws Exception {
    return serve(listen, "");
  }

  private GatewayServer serve(String listen, String more) throws Exception {
    return Rig.start(
        Rig.config(yaml(listen, more)), InstantSource.system(), OutputStream.nullOutputStream());
  }
}
