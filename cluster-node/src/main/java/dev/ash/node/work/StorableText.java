package dev.ash.node.work;

/** Texts of agents as every database takes them: PostgreSQL stores no NUL. */
public final class StorableText {
  private static final int LONGEST_ERROR = 10_000;

  private StorableText() {}

  public static String of(String text) {
    return text.replace("\0", "");
  }

  /** What went wrong, in at most {@value #LONGEST_ERROR} characters. */
  public static String error(String text) {
    var clean = of(text);
    return clean.length() <= LONGEST_ERROR ? clean : clean.substring(0, LONGEST_ERROR);
  }
}
