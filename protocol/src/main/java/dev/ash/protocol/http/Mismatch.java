package dev.ash.protocol.http;

/** Why a change is not wanted in the state that it met; {@link IfMatch} said what was wanted. */
public sealed interface Mismatch {

  /** It is in another state. */
  record Changed(EntityTag current) implements Mismatch {}

  /** It is there, and should only be made. */
  record Exists(EntityTag current) implements Mismatch {}

  /** It is not there, and should only be changed. */
  record Missing() implements Mismatch {}
}
