package dev.ash.node.api.json;

import static dev.ash.node.api.json.Schema.bool;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.number;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.whole;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SchemaCheckTest {

  private static String checked(Schema schema, String json) {
    return switch (SchemaCheck.check(schema, JsonText.parseOwn(json), "body")) {
      case SchemaCheck.Fits(var value) -> JsonText.write(value);
      case SchemaCheck.Fault(var message) -> message;
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "text | 1 | \"1\"",
        "text | 1.5 | \"1.5\"",
        "text | 1.0 | \"1\"",
        "text | true | \"true\"",
        "text | null | \"\"",
        "text | [\"a\"] | \"a\"",
        "text | [\"a\",\"b\"] | body must be string",
        "text | {} | body must be string",
        "whole | \"12\" | 12",
        "whole | \" 12 \" | 12",
        "whole | \"1e2\" | 100",
        "whole | \"1.5\" | body must be integer",
        "whole | \"\" | body must be integer",
        "whole | \"abc\" | body must be integer",
        "whole | \"1d\" | body must be integer",
        "whole | \"Infinity\" | body must be integer",
        "whole | 3.0 | 3",
        "whole | 3.5 | body must be integer",
        "whole | true | 1",
        "whole | null | 0",
        "whole | [4] | 4",
        "whole | 99999999999999999999 | 9223372036854775807",
        "number | \"0.25\" | 0.25",
        "number | false | 0",
        "number | {} | body must be number",
        "bool | \"true\" | true",
        "bool | \"false\" | false",
        "bool | 1 | true",
        "bool | 0 | false",
        "bool | null | false",
        "bool | 2 | body must be boolean",
        "bool | \"yes\" | body must be boolean",
        "list | \"a\" | [\"a\"]",
        "list | 7 | [\"7\"]",
        "list | null | [\"\"]",
        "list | [1,true] | [\"1\",\"true\"]",
        "list | {} | body must be array",
        "object | [] | body must be object",
        "object | \"{}\" | body must be object",
        "object | null | body must be object"
      })
  void coercesAsTheContractSays(String kind, String given, String expected) {
    var schema =
        switch (kind) {
          case "text" -> text();
          case "whole" -> whole();
          case "number" -> number();
          case "bool" -> bool();
          case "list" -> listOf(text());
          case "object" -> object();
          default -> throw new IllegalArgumentException(kind);
        };

    assertThat(checked(schema, given)).isEqualTo(expected);
  }

  @Test
  void fillsInDefaultsAndKeepsWhatItDoesNotKnow() {
    var schema = object().with("a", whole(), 100).with("b", text(), "x").with("c", bool(), true);

    assertThat(checked(schema, "{\"z\":{},\"a\":\"7\"}"))
        .isEqualTo("{\"z\":{},\"a\":7,\"b\":\"x\",\"c\":true}");
  }

  @Test
  void namesWhatIsMissingBeforeWhatIsWrong() {
    var schema = object().with("a", whole()).required("b", text());

    assertThat(checked(schema, "{\"a\":{}}")).isEqualTo("body must have required property 'b'");
  }

  @Test
  void saysWhereAndWhat() {
    assertThat(checked(Schema.mapOf(whole().from(1)), "{\"a/b~\":0}"))
        .isEqualTo("body/a~1b~0 must be >= 1");
    assertThat(checked(text().matching("^[a-z]+$"), "\"A\""))
        .isEqualTo("body must match pattern \"^[a-z]+$\"");
    assertThat(checked(text().between(2, 3), "\"a\""))
        .isEqualTo("body must NOT have fewer than 2 characters");
    assertThat(checked(text().between(0, 1), "\"😀\"")).isEqualTo("\"😀\"");
    assertThat(checked(number().to(0.5), "1")).isEqualTo("body must be <= 0.5");
    assertThat(checked(Schema.oneOf("a", "b"), "\"c\""))
        .isEqualTo("body must be equal to one of the allowed values");
    assertThat(checked(Schema.uuid(), "\"x\"")).isEqualTo("body must match format \"uuid\"");
    assertThat(checked(listOf(object().required("p", text())), "[{\"p\":\"\"},{}]"))
        .isEqualTo("body/1 must have required property 'p'");
  }
}
