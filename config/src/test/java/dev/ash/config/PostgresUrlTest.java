package dev.ash.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresUrlTest {
  private static final String JDBC = "jdbc:postgresql://";
  private static final String BATCHED = "?reWriteBatchedInserts=true";

  @ParameterizedTest
  @CsvSource({
    "postgres://h/d, h:5432/d",
    "postgresql://h:1234/d, h:1234/d",
    "postgres://u@my_db.internal/d, my_db.internal:5432/d",
    "postgres://u:p@[::1]:7/d, [::1]:7/d",
    "postgres://u:p@[::1]/d, [::1]:5432/d",
    "postgres://u:p@h, h:5432/",
    "'postgres://u:p@a:1,b/d', 'a:1,b:5432/d'"
  })
  void findsThePlace(String url, String place) {
    assertThat(PostgresUrl.parse(url).jdbcUrl()).isEqualTo(JDBC + place + BATCHED);
  }

  @Test
  void passesParametersOn() {
    assertThat(
            PostgresUrl.parse("postgres://h/d?sslmode=verify-full&sslrootcert=/etc/ca@1.pem")
                .jdbcUrl())
        .isEqualTo(JDBC + "h:5432/d" + BATCHED + "&sslmode=verify-full&sslrootcert=/etc/ca@1.pem");
    assertThat(PostgresUrl.parse("postgres://u@h?sslmode=require").jdbcUrl())
        .isEqualTo(JDBC + "h:5432/" + BATCHED + "&sslmode=require");
  }

  @ParameterizedTest
  @CsvSource({
    "u:p, u, p",
    "u%40x:p%2F%3a%25, u@x, p/:%",
    "u:a:b@c#d+^, u, a:b@c#d+^",
    "u:, u, ''",
  })
  void findsUserAndPassword(String login, String user, String password) {
    var found = PostgresUrl.parse("postgres://" + login + "@h/d");

    assertThat(found.user()).contains(user);
    assertThat(found.password().map(Secret::reveal)).contains(password);
    assertThat(found.jdbcUrl()).isEqualTo(JDBC + "h:5432/d" + BATCHED);
  }

  @Test
  void mayHaveNeither() {
    assertThat(PostgresUrl.parse("postgres://h/d").user()).isEmpty();
    assertThat(PostgresUrl.parse("postgres://u@h/d").password()).isEmpty();
  }

  @Test
  void isWrittenAgainForAnotherNode() {
    var url = "postgres://u%40x:p%2F@h:1234/d?sslmode=require";
    var first = PostgresUrl.parse(url);

    assertThat(PostgresUrl.parse(first.url().reveal())).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mysql://u:s3cret@h/d",
        "u:s3cret@h/d",
        "postgres://u:s3cret@/d",
        "postgres://u:s3c/ret@h/d",
        "postgres://u:s3c?ret@h/d",
        "postgres://u:s3cret%zz@h/d",
        "postgres://u:s3cret@h:0/d",
        "postgres://u:s3cret@h:65536/d",
        "postgres://u:s3cret@h:x/d",
        "postgres://u:s3cret@h/d d",
        "postgres://u:s3cret@h,/d"
      })
  void namesABadOneWithoutItsPassword(String url) {
    assertThatThrownBy(() -> PostgresUrl.parse(url))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("ASH_DATABASE_URL: ")
        .hasMessageContaining("(expected: ")
        .hasMessageContaining("***@")
        .message()
        .doesNotContain("s3c");
  }
}
