package dev.ash.node.model;

/**
 * Something about a model call that the readers of its session should know.
 *
 * @param kind {@code budget_exceeded}, {@code rate_limited} or {@code model_failover}
 * @param json an object
 */
public record ModelNotice(long turn, String kind, String json) {}
