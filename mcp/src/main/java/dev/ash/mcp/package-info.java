/**
 * An MCP server: a program that speaks the Model Context Protocol, such as Claude Code, can use the
 * agents of an Ash server as tools.
 *
 * <p>Start at {@link Main} and {@link McpCommand}, then {@link AshTools} (what the tools are and
 * do) and {@link HttpEndpoint} (who may call them over HTTP).
 */
@NullMarked
package dev.ash.mcp;

import org.jspecify.annotations.NullMarked;
