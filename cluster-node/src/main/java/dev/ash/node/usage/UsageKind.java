package dev.ash.node.usage;

/** What is counted (contract 1.10). The wire names are stored for ever. */
enum UsageKind {
  INPUT_TOKENS("input_tokens"),
  OUTPUT_TOKENS("output_tokens"),
  CACHE_CREATION_TOKENS("cache_creation_tokens"),
  CACHE_READ_TOKENS("cache_read_tokens"),
  TOOL_CALL("tool_call"),
  MESSAGE("message"),
  COMPUTE_SECONDS("compute_seconds"),
  /** Only summed up: the contract has no such event, and clients may refuse unknown ones. */
  COST_USD("cost_usd");

  private final String wireName;

  UsageKind(String wireName) {
    this.wireName = wireName;
  }

  String wireName() {
    return wireName;
  }
}
