package dev.ash.client.model;

import java.util.Optional;

/**
 * What a budget bounds; there is one budget of a place and owner.
 *
 * @param scope {@code session}, {@code agent} or {@code tenant}
 * @param subject id of a session or name of an agent; absent bounds each by itself
 * @param window {@code turn}, {@code day}, {@code month} or {@code total}; days and months are UTC
 */
public record BudgetPlace(String scope, Optional<String> subject, String window) {}
