package dev.ash.gateway.config;

import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** What is wrong with a file. The system's own messages are often nothing but its name. */
public final class FileTrouble {
  private FileTrouble() {}

  /** A sentence without its end. */
  public static String of(Exception e) {
    return switch (e) {
      case NoSuchFileException gone -> gone.getFile() + ": not there (expected: a file)";
      case AccessDeniedException denied ->
          denied.getFile() + ": may not be read or written by this user (expected: its owner)";
      case Exception other when other.getMessage() == null -> other.toString();
      case Exception other -> String.valueOf(other.getMessage());
    };
  }
}
