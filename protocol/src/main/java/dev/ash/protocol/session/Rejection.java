package dev.ash.protocol.session;

/**
 * Why something was refused. {@code detail} is the text the client reads; it is part of the wire
 * contract (contract/ash-api.md section 2), so a change of wording is a change of the API.
 */
public record Rejection(Code code, String detail) {

  /** What kind of refusal it is; the API maps each to one HTTP status. */
  public enum Code {
    /** The request itself cannot be right, whatever the state. */
    INVALID,
    /** The thing does not exist, or belongs to somebody else. */
    NOT_FOUND,
    /** The thing is in a state in which this cannot be done. */
    WRONG_STATE,
    /** Somebody else is at it, and the caller asked not to wait. */
    BUSY,
    /** It existed and has ended for good. */
    GONE,
    /** What it needs is missing and has to be supplied first. */
    UNPROCESSABLE,
    /** The content is larger than allowed. */
    TOO_LARGE,
    /** No room; the same request may succeed later. */
    NO_CAPACITY,
    /** A part of the system did not answer; the same request may succeed later. */
    UNAVAILABLE,
    /** It was tried and it failed. */
    FAILED
  }
}
